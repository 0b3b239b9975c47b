package membership

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/hashicorp/memberlist"
)

// The types of this file are memberlist's way into the package; each hands on
// to one other type. memberlist calls most of them under its own lock: they
// copy, never block, and never call memberlist.

// nodeDelegate tells memberlist this node's metadata.
type nodeDelegate struct{ meta []byte }

var _ memberlist.Delegate = nodeDelegate{}

func (d nodeDelegate) NodeMeta(int) []byte           { return d.meta }
func (nodeDelegate) NotifyMsg([]byte)                {}
func (nodeDelegate) GetBroadcasts(int, int) [][]byte { return nil }
func (nodeDelegate) LocalState(bool) []byte          { return nil }
func (nodeDelegate) MergeRemoteState([]byte, bool)   {}

// eventDelegate keeps the roster.
type eventDelegate struct{ roster *roster }

var _ memberlist.EventDelegate = eventDelegate{}

func (d eventDelegate) NotifyJoin(n *memberlist.Node)   { d.put(n) }
func (d eventDelegate) NotifyUpdate(n *memberlist.Node) { d.put(n) }
func (d eventDelegate) NotifyLeave(n *memberlist.Node)  { d.roster.remove(n.Name) }

func (d eventDelegate) put(n *memberlist.Node) {
	md, err := decodeMetadata(n.Meta)
	if err != nil {
		return // cannot be: aliveDelegate refused it
	}
	d.roster.put(Member{
		Name:        n.Name,
		Role:        md.role,
		Incarnation: md.incarnation,
		RPCAddr:     md.rpcAddr,
		RESPAddr:    md.respAddr,
		GossipAddr:  n.Address(),
		Capacity:    md.capacity,
		Spare:       md.spare,
	})
}

// aliveDelegate keeps everything that is not a well-formed pikv node out of
// memberlist's tables.
type aliveDelegate struct{ roster *roster }

var _ memberlist.AliveDelegate = aliveDelegate{}

func (d aliveDelegate) NotifyAlive(n *memberlist.Node) error {
	if err := checkName(n.Name, maxName); err != nil {
		return fmt.Errorf("node name: %w", err)
	}
	ip, ok := netip.AddrFromSlice(n.Addr)
	if !ok || ip.IsUnspecified() || ip.IsMulticast() || n.Port == 0 {
		return errors.New("no usable gossip address")
	}
	if !d.roster.room(n.Name) {
		return errors.New("too many nodes")
	}
	_, err := decodeMetadata(n.Meta)
	return err
}

// mergeDelegate sees the full state that a peer sends when either side joins
// the other, before it is merged.
type mergeDelegate struct{ namesake *namesake }

var _ memberlist.MergeDelegate = mergeDelegate{}

func (d mergeDelegate) NotifyMerge(peers []*memberlist.Node) error {
	for _, p := range peers {
		gone := p.State == memberlist.StateDead || p.State == memberlist.StateLeft
		if err := d.namesake.listed(p.Name, p.Address(), gone); err != nil {
			return err
		}
	}
	return nil
}

// pingDelegate puts the incarnation into the answer to every ping: a node that
// restarted quickly at its old address answers pings for its predecessor, and
// nobody would notice.
type pingDelegate struct {
	payload []byte
	roster  *roster
}

var _ memberlist.PingDelegate = pingDelegate{}

func newPingDelegate(incarnation uint64, r *roster) pingDelegate {
	return pingDelegate{payload: binary.BigEndian.AppendUint64(nil, incarnation), roster: r}
}

func (d pingDelegate) AckPayload() []byte { return d.payload }

func (d pingDelegate) NotifyPingComplete(n *memberlist.Node, _ time.Duration, payload []byte) {
	if len(payload) == 8 {
		d.roster.answered(n.Name, binary.BigEndian.Uint64(payload))
	}
}

// udpAddr turns ip:port into the address type that memberlist's Ping wants.
func udpAddr(addr string) (*net.UDPAddr, error) {
	a, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, fmt.Errorf("parse gossip address: %w", err)
	}
	return net.UDPAddrFromAddrPort(a), nil
}
