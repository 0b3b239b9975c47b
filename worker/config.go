package worker

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"time"

	"go.uber.org/zap"

	"pikv/membership"
	"pikv/replica"
	"pikv/rpcserver"
	"pikv/socket"
	"pikv/wire"
)

// Config describes a worker. Zero fields mean the defaults of withDefaults.
type Config struct {
	Name       string             // unique in the cluster; stable across restarts; no default
	Cluster    string             // the cluster's name; "pikv"
	Bind       string             // IP to listen on; all of them
	Advertise  string             // IP that others reach this node at; "" finds one
	RPCPort    int                // 0 is any free port
	GossipPort int                // 0 is any free port
	RESPPort   int                // for Redis clients: 0 is none, socket.AnyPort any free one
	Join       []string           // seeds, see membership.Config
	Discover   bool               // answer by multicast DNS, and without seeds find the cluster by it
	GossipKey  []byte             // AES key, or none
	Profile    membership.Profile // timing of the network; lan
	MaxMemory  int64              // bytes of keys and values, accounted; 256 MiB
	Eviction   string             // what becomes of a write that finds no room: EvictionNone or EvictionLRU; none
	// Spare has the worker join as a spare: it is given nothing until it is activated.
	Spare    bool
	MoveRate int64  // bytes per second of background streams; 0 is half of what the network takes, see NoMoveLimit
	Version  string // shown in status
	Log      *zap.Logger
	// Server is for the RPC port. Its Limits, MaxConns and Budget bound the port
	// for Redis clients, too: a Budget is shared, connections are counted apart.
	Server rpcserver.Config
	Timing replica.Timing // the Profile's
	// RESPUsers are the users that Redis clients may log in as, with the SHA-256
	// of each one's password; empty: everybody may do everything. "default" is
	// the user of an AUTH without a name.
	RESPUsers map[string][sha256.Size]byte
}

func (c Config) withDefaults() Config {
	if c.Cluster == "" {
		c.Cluster = membership.DefaultCluster
	}
	if c.Bind == "" {
		c.Bind = "0.0.0.0"
	}
	if c.MaxMemory == 0 {
		c.MaxMemory = 256 << 20 // fits the smallest Pi
	}
	if c.Eviction == "" {
		c.Eviction = EvictionNone
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Server.Limits == (wire.Limits{}) {
		c.Server.Limits = wire.DefaultLimits()
	}
	if c.Timing == (replica.Timing{}) {
		c.Timing = replica.DefaultTiming()
		if c.Profile == membership.ProfileWiFi {
			c.Timing = replica.WiFiTiming()
		}
	}
	switch {
	case c.Eviction != EvictionLRU:
		c.Timing.Evict = 0
	case c.Timing.Evict == 0:
		c.Timing.Evict = evictPatience
	}
	return c
}

const (
	maxName    = 128 // as package membership
	maxCluster = 64
)

// validate reports every problem at once; what only the network can tell
// comes with Start.
func (c Config) validate() error {
	var problems []error
	check := func(holds bool, format string, args ...any) {
		if !holds {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	check(c.Name != "", "--name: a worker needs a name")
	check(len(c.Name) <= maxName, "--name: %d bytes are too long, at most %d", len(c.Name), maxName)
	check(len(c.Cluster) <= maxCluster, "--cluster: %d bytes are too long, at most %d", len(c.Cluster), maxCluster)
	check(net.ParseIP(c.Bind) != nil, "--bind: %q is not an IP address", c.Bind)
	check(c.Advertise == "" || net.ParseIP(c.Advertise) != nil, "--advertise: %q is not an IP address", c.Advertise)
	check(c.RPCPort >= 0 && c.RPCPort <= 65535, "--rpc-port: %d is not in 0..65535", c.RPCPort)
	check(c.GossipPort >= 0 && c.GossipPort <= 65535, "--gossip-port: %d is not in 0..65535", c.GossipPort)
	check(c.RPCPort == 0 || c.RPCPort != c.GossipPort, "--gossip-port: %d is also --rpc-port; both listen on TCP", c.GossipPort)
	check(c.RESPPort >= socket.AnyPort && c.RESPPort <= 65535, "--resp-port: %d is not in 0..65535", c.RESPPort)
	check(c.RESPPort <= 0 || c.RESPPort != c.RPCPort && c.RESPPort != c.GossipPort, "--resp-port: %d is also --rpc-port or --gossip-port; all three listen on TCP", c.RESPPort)
	check(c.MaxMemory > 0, "--max-memory: %d bytes are not a positive number", c.MaxMemory)
	check(c.Eviction == EvictionNone || c.Eviction == EvictionLRU, "--eviction: %q is neither %s nor %s", c.Eviction, EvictionNone, EvictionLRU)
	check(c.MoveRate >= NoMoveLimit, "--move-rate: %d bytes per second are negative", c.MoveRate)
	t := c.Timing
	check(t.Retry > 0 && t.AskIn > 0 && t.Beat > 0, "timing: the pauses %v and %v before a repetition, and %v between heartbeats, must be positive", t.Retry, t.AskIn, t.Beat)
	check(t.Lease >= 3*t.Beat, "timing: a lease of %v is shorter than three heartbeats of %v", t.Lease, t.Beat)
	check(t.Silence >= 3*t.Beat, "timing: a silence of %v is shorter than three heartbeats of %v", t.Silence, t.Beat)
	check(t.Wait > t.Lease+t.Lease/50, "timing: a wait of %v is not longer than a lease of %v by a clock that is 2 %% slower", t.Wait, t.Lease)
	check(t.Stall >= 0, "timing: a learner's stall of %v is negative", t.Stall)
	return errors.Join(problems...)
}

// The worker's rhythm.
const (
	judgeEvery    = 250 * time.Millisecond // the cores are told again of a silence, half as often as they ask the register
	relinkEvery   = 300 * time.Millisecond // bounds what is sent again over a connection that comes and goes
	reportEvery   = 200 * time.Millisecond // suggestions come back with a report
	restEvery     = 500 * time.Millisecond // when nothing has been new for a while; the master's presence is twice that
	restAfter     = 5 * time.Second        // longer than from a change of the members to the first suggestion
	stepPause     = 20 * time.Millisecond  // from a step that the register has taken to the report that asks for the next: others may follow
	countEvery    = time.Second            // keys are counted for reports
	waitingFor    = time.Second            // a partition that cannot serve for so long is reported
	sweepEvery    = time.Second            // expired keys that nobody reads give back their memory
	sweepKeys     = 64                     // each time that a partition is locked for it
	sweepSlice    = time.Millisecond       // of work, then it rests, unless memory is short
	sweepRest     = 3                      // times as long: it takes a quarter of one processor at most
	viewWait      = 5 * time.Second        // long poll, well below any idle timeout
	maxViewWait   = 10 * time.Second       // of a long poll that others make here
	maxViewWaits  = 1024                   // long polls at once: half of the server's slow calls, the rest is for others
	callTimeout   = 2 * time.Second        // calls to the master other than long polls
	retryMin      = 50 * time.Millisecond  // back-off towards an absent master
	retryMax      = time.Second
	chaseEvery    = 10 * time.Millisecond // bounds the view fetches that a stranger can cause
	complainEvery = 30 * time.Second      // a condition that lasts is logged so often
	opTimeout     = 5 * time.Second       // an operation is held so long when it cannot be served yet
	drainEvery    = 100 * time.Millisecond
	lingerQuiet   = 300 * time.Millisecond // longer than any back-off of a client
	lingerMax     = 3 * time.Second
)

// limits bounds what a core holds back for other replicas: two of the largest
// values at least, or a partition with such values could never move while
// they are written.
func (c Config) limits() replica.Limits {
	l := replica.DefaultLimits()
	l.Log = max(l.Log, 2*(c.Server.Limits.Value+c.Server.Limits.Key))
	l.Value = c.Server.Limits.Value
	l.Sessions = 1 << 16 // a shell's commands, of which each is a client: 100 a second on one key until the first are forgotten
	return l
}
