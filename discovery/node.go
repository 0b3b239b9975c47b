package discovery

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"pikv/placement"
)

// The roles that a Node may have; the texts travel.
const (
	RoleMaster = "master"
	RoleWorker = "worker"
)

// Node is what a node tells of itself.
type Node struct {
	Cluster string         // its name, 1 to 64 characters
	Name    string         // of the node, 1 to 128 characters
	Role    string         // RoleMaster or RoleWorker
	Gossip  netip.AddrPort // where others join
	RPC     netip.AddrPort // where clients call; the same IP as Gossip
	// Master is the id of the master's table that the node keeps or follows, 0 as long as
	// there is none: two clusters of one name are told apart by it.
	Master placement.MasterID
}

// The longest names, in bytes, as package membership has them.
const (
	maxCluster = 64
	maxName    = 128
)

// txtVersion begins every TXT record: who does not know it reads no further.
const txtVersion = "pikv=1"

// The most strings of a TXT record that are looked at. A later version may add some.
const maxStrings = 16

// errNotOurs is returned for a record that no node of pikv has made.
var errNotOurs = errors.New("not a record of pikv")

// validate reports everything that cannot be told to others.
func (n Node) validate() error {
	var wrong []error
	if !isName(n.Cluster, maxCluster) {
		wrong = append(wrong, fmt.Errorf("cluster name %q: want 1 to %d letters, digits, dots, dashes and underscores", n.Cluster, maxCluster))
	}
	if !isName(n.Name, maxName) {
		wrong = append(wrong, fmt.Errorf("node name %q: want 1 to %d letters, digits, dots, dashes and underscores", n.Name, maxName))
	}
	if n.Role != RoleMaster && n.Role != RoleWorker {
		wrong = append(wrong, fmt.Errorf("role %q: want %s or %s", n.Role, RoleMaster, RoleWorker))
	}
	for what, a := range map[string]netip.AddrPort{"gossip": n.Gossip, "RPC": n.RPC} {
		if !isAddress(a.Addr()) || a.Port() == 0 {
			wrong = append(wrong, fmt.Errorf("%s address %v: want one that others on the network can reach", what, a))
		}
	}
	if n.Gossip.Addr() != n.RPC.Addr() {
		wrong = append(wrong, fmt.Errorf("addresses %v and %v: want one IP for both", n.Gossip, n.RPC))
	}
	return errors.Join(wrong...)
}

// isAddress reports whether others on the network may reach ip.
func isAddress(ip netip.Addr) bool {
	return ip.IsValid() && !ip.IsUnspecified() && !ip.IsLoopback() && !ip.IsMulticast() && ip.Zone() == "" &&
		ip != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// isName accepts what can stand in a log line and on a terminal.
func isName(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	for _, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// txt returns the strings of the node's TXT record. The IP address is in it, beside
// the A record, so that one record has everything.
func (n Node) txt() []string {
	txt := []string{
		txtVersion, "cluster=" + n.Cluster, "name=" + n.Name, "role=" + n.Role, "ip=" + n.Gossip.Addr().String(),
		"gossip=" + strconv.Itoa(int(n.Gossip.Port())), "rpc=" + strconv.Itoa(int(n.RPC.Port())),
	}
	if n.Master != 0 {
		txt = append(txt, "master="+n.Master.String())
	}
	return txt
}

// parseTXT reads what txt has written; strings that it does not know are left out.
// errNotOurs is for records of others.
func parseTXT(strs []string) (Node, error) {
	if len(strs) == 0 || strs[0] != txtVersion {
		return Node{}, errNotOurs
	}
	var n Node
	var ip netip.Addr
	var gossip, rpc uint16
	for _, s := range strs[1:min(len(strs), maxStrings)] {
		key, value, _ := strings.Cut(s, "=")
		switch key {
		case "cluster":
			n.Cluster = value
		case "name":
			n.Name = value
		case "role":
			n.Role = value
		case "ip":
			ip, _ = netip.ParseAddr(value) // validate refuses what is none
		case "gossip":
			gossip = port(value)
		case "rpc":
			rpc = port(value)
		case "master":
			id, err := strconv.ParseUint(value, 16, 64)
			if err != nil {
				return Node{}, fmt.Errorf("%w: master id %q", errNotOurs, value)
			}
			n.Master = placement.MasterID(id)
		}
	}
	n.Gossip, n.RPC = netip.AddrPortFrom(ip, gossip), netip.AddrPortFrom(ip, rpc)
	if err := n.validate(); err != nil {
		return Node{}, fmt.Errorf("%w: %w", errNotOurs, err)
	}
	return n, nil
}

// port reads a port, 0 for what is none.
func port(s string) uint16 {
	p, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(p)
}
