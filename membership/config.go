package membership

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"github.com/hashicorp/memberlist"
	"go.uber.org/zap"
)

// Role is what a node does in its cluster.
type Role string

// The roles. A node of a later version may gossip a role that is not listed here.
const (
	RoleMaster Role = "master"
	RoleWorker Role = "worker"
)

const (
	// DefaultPort is the gossip port of a seed that names none.
	DefaultPort = 7746
	// DefaultCluster is the cluster's name when Config gives none.
	DefaultCluster = "pikv"

	maxName    = 128 // bytes of a node's name: a long host name fits
	maxCluster = 64  // bytes of a cluster's name: it travels in every packet
)

// Config describes this node and how it finds the others. New copies it.
type Config struct {
	// Name is the node's name, unique in the cluster: at most 128 letters,
	// digits, dots, hyphens and underscores.
	Name string
	// Role tells the others what this node is.
	Role Role
	// Incarnation is the random non-zero number that the node drew at this start.
	Incarnation uint64
	// Cluster is the cluster's name; nodes of other clusters are not spoken
	// to. Empty means DefaultCluster.
	Cluster string
	// BindAddr is the IP address to listen on, for TCP and UDP. Empty means
	// 0.0.0.0, all addresses.
	BindAddr string
	// BindPort is the gossip port, both TCP and UDP; 0 takes any free one.
	BindPort int
	// AdvertiseAddr is the IP address that others reach this node at. Empty
	// means FindAdvertise(BindAddr).
	AdvertiseAddr string
	// RPCAddr is the host:port of this node's RPC server, passed to the others.
	RPCAddr string
	// RESPAddr is the host:port where this node speaks Redis' protocol, passed to
	// the others; "" for nowhere.
	RESPAddr string
	// Capacity is the node's memory for data in bytes, passed to the others.
	Capacity int64
	// Spare is told to the others: the node is to be given nothing until it is
	// activated.
	Spare bool
	// Key encrypts the gossip when it is not empty: 16, 24 or 32 bytes for
	// AES-128, -192 or -256, the same on all nodes.
	Key []byte
	// Profile chooses the gossip timings. Empty means ProfileLAN.
	Profile Profile
	// Join lists the seeds: "host", "host:port" (a DNS name stands for all
	// its addresses), or "@path", a file of those, one a line, read anew at
	// every attempt. A node's own address among them is ignored. Without
	// seeds the node waits for others to come.
	Join []string
	// Find, when it is not nil, is asked for gossip addresses (ip:port) in every
	// round in which no master is alive, alone when no other node is. It may take
	// a second, holds up the round for so long, and returns early when ctx ends.
	// It is never called twice at once.
	Find func(ctx context.Context, alone bool) ([]netip.AddrPort, error)
	// Log may be nil.
	Log *zap.Logger

	// resolve replaces the system's resolver and wrap puts faults between
	// memberlist and the sockets; both are for tests.
	resolve resolver
	wrap    func(memberlist.NodeAwareTransport) memberlist.NodeAwareTransport
}

// withDefaults returns cfg with its empty fields filled in.
func (cfg Config) withDefaults() (Config, error) {
	if cfg.Cluster == "" {
		cfg.Cluster = DefaultCluster
	}
	if cfg.BindAddr == "" {
		cfg.BindAddr = "0.0.0.0"
	}
	if cfg.Profile == "" {
		cfg.Profile = ProfileLAN
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	if cfg.resolve == nil {
		cfg.resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	cfg.Key = append([]byte(nil), cfg.Key...)
	cfg.Join = append([]string(nil), cfg.Join...)
	if cfg.AdvertiseAddr == "" {
		var err error
		if cfg.AdvertiseAddr, err = FindAdvertise(cfg.BindAddr); err != nil {
			return cfg, err
		}
	}
	return cfg, nil
}

// validate reports every problem of a Config that has its defaults.
func (cfg Config) validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if err := checkName(cfg.Name, maxName); err != nil {
		fail("node name: %w", err)
	}
	if err := checkName(cfg.Cluster, maxCluster); err != nil {
		fail("cluster name: %w", err)
	}
	if cfg.Role != RoleMaster && cfg.Role != RoleWorker {
		fail("role %q: want %q or %q", cfg.Role, RoleMaster, RoleWorker)
	}
	if cfg.Incarnation == 0 {
		fail("incarnation: must not be zero")
	}
	if net.ParseIP(cfg.BindAddr) == nil {
		fail("bind address %q: want an IP address", cfg.BindAddr)
	}
	if cfg.BindPort < 0 || cfg.BindPort > 65535 {
		fail("gossip port %d: want 0 to 65535", cfg.BindPort)
	}
	if ip := net.ParseIP(cfg.AdvertiseAddr); ip == nil || ip.IsUnspecified() || ip.IsMulticast() {
		fail("advertised address %q: want the IP address that the other nodes reach this one at", cfg.AdvertiseAddr)
	}
	if err := checkHostPort(cfg.RPCAddr); err != nil {
		fail("RPC address: %w", err)
	}
	if cfg.RESPAddr != "" {
		if err := checkHostPort(cfg.RESPAddr); err != nil {
			fail("RESP address: %w", err)
		}
	}
	if cfg.Capacity < 0 {
		fail("capacity %d: must not be negative", cfg.Capacity)
	}
	switch len(cfg.Key) {
	case 0, 16, 24, 32:
	default:
		fail("gossip key of %d bytes: want 16, 24 or 32", len(cfg.Key))
	}
	if _, ok := profiles[cfg.Profile]; !ok {
		fail("gossip profile %q: want %q, %q or %q", cfg.Profile, ProfileLAN, ProfileWiFi, ProfileLocal)
	}
	for _, s := range cfg.Join {
		if _, err := parseSeed(s); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// checkName refuses names that memberlist or a terminal would trip over.
func checkName(name string, limit int) error {
	if name == "" {
		return errors.New("must not be empty")
	}
	if len(name) > limit {
		return fmt.Errorf("%d bytes are too long: at most %d", len(name), limit)
	}
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '.', c == '-', c == '_':
		default:
			return fmt.Errorf("%q has a character other than letters, digits, '.', '-' and '_'", name)
		}
	}
	return nil
}

// checkHostPort accepts host:port with a host and a port from 1 to 65535.
func checkHostPort(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%q is not host:port", addr)
	}
	if err := checkHost(host); err != nil {
		return fmt.Errorf("%q: %w", addr, err)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("%q: the port must be 1 to 65535", addr)
	}
	return nil
}

// checkHost accepts an IP address or what may be a DNS name.
func checkHost(host string) error {
	if net.ParseIP(host) != nil {
		return nil
	}
	if err := checkName(host, 253); err != nil {
		return fmt.Errorf("host: %w", err)
	}
	return nil
}
