package membership

import (
	"time"

	"github.com/hashicorp/memberlist"
)

// Profile names a set of gossip timings.
type Profile string

// The profiles.
const (
	ProfileLAN   Profile = "lan"   // wired network: sees a death in about 1.5 s
	ProfileWiFi  Profile = "wifi"  // radios that sleep for up to 2 s: a death in about 9 s
	ProfileLocal Profile = "local" // loopback tests: a death in about 1.5 s, everything else faster
)

// timing is one profile. DESIGN.md tells how the numbers make up the time that
// it takes to notice a death.
type timing struct {
	probeInterval   time.Duration // each node pings one other this often
	probeTimeout    time.Duration // an ack later than this is asked for through others and TCP
	suspicion       int           // a suspect has suspicion x probeInterval (x log10 of the size) to speak up
	suspicionMax    int           // ... times this when nobody confirms the suspicion
	awareness       int           // a node that is slow itself stretches its probes up to this much
	indirect        int           // nodes asked to ping for us
	gossipInterval  time.Duration // news leave this often
	gossipToTheDead time.Duration // the dead still get news, so that they can protest; then they are forgotten
	retransmit      int           // each piece of news is sent this often (x log10 of the size)
	pushPull        time.Duration // full exchange with one random node
	stream          time.Duration // limit for dialling, and for each read and write of a full exchange
	reclaim         time.Duration // a dead node's name may come back at another address after this
	nameWait        time.Duration // how long a newcomer waits for a dead namesake to be noticed
	retryMin        time.Duration // rejoin attempts begin with this distance
	retryMax        time.Duration // ... and end with this one
}

var profiles = map[Profile]timing{
	ProfileLAN: {
		probeInterval:   250 * time.Millisecond, // with suspicion 4 and 2: deaths seen in 1.4 to 1.6 s
		probeTimeout:    200 * time.Millisecond, // 100 ms gave false alarms on a busy CPU, 200 ms none
		suspicion:       4,                      // 3 gave false alarms on a busy CPU, 4 none
		suspicionMax:    2,                      // a pair of nodes has nobody to confirm: keep its worst case near 2 s
		awareness:       8,                      // memberlist's own; a starved Pi must not accuse others
		indirect:        3,                      // memberlist's own
		gossipInterval:  250 * time.Millisecond, // at the probes' moments; they carry news as well, and a leave arrives long before a death is noticed
		gossipToTheDead: 30 * time.Second,       // longer than any plausible stall of a live node
		retransmit:      4,                      // memberlist's own
		pushPull:        10 * time.Second,       // mends lost packets; 30 s is long when placement waits for it
		stream:          2 * time.Second,        // far above a LAN's round trip, short enough to say "unreachable"
		reclaim:         500 * time.Millisecond, // two probes: time for a live namesake to protest
		nameWait:        8 * time.Second,        // worst case of noticing a death among 100 nodes (5 s), with room
		retryMin:        250 * time.Millisecond, // one probe
		retryMax:        2 * time.Second,        // a restarted master is found within this: changes wait for it
	},
	ProfileWiFi: {
		probeInterval:   2 * time.Second,        // a sleeping radio answers within 2 s
		probeTimeout:    1 * time.Second,        // half of the p99 is asleep: then others and TCP are tried
		suspicion:       3,                      // 6 s: three chances for a radio to wake
		suspicionMax:    2,                      // 12 s when nobody confirms
		awareness:       8,                      // as lan
		indirect:        3,                      // as lan
		gossipInterval:  200 * time.Millisecond, // fewer wake-ups of the radio
		gossipToTheDead: 60 * time.Second,       // a walk out of range and back
		retransmit:      5,                      // radios lose more packets
		pushPull:        20 * time.Second,       // bulky on a shared medium
		stream:          5 * time.Second,        // two naps and a retransmission
		reclaim:         1 * time.Second,        // as lan, slower
		nameWait:        30 * time.Second,       // worst case of noticing a death among 100 nodes (26 s), with room
		retryMin:        1 * time.Second,        // as lan, slower
		retryMax:        5 * time.Second,        // as lan, slower
	},
	ProfileLocal: {
		probeInterval:   200 * time.Millisecond,  // loopback is fast, but tests share few CPUs
		probeTimeout:    150 * time.Millisecond,  // room for the race detector
		suspicion:       4,                       // as lan: tests must not see false deaths
		suspicionMax:    2,                       // as lan
		awareness:       2,                       // probes in flight at Close end soon
		indirect:        2,                       // test clusters are small
		gossipInterval:  20 * time.Millisecond,   // tests wait for news
		gossipToTheDead: 1500 * time.Millisecond, // tests wait until everyone has forgotten
		retransmit:      4,                       // as lan
		pushPull:        2 * time.Second,         // tests wait for repairs
		stream:          1 * time.Second,         // loopback answers or refuses at once
		reclaim:         200 * time.Millisecond,  // one probe
		nameWait:        6 * time.Second,         // noticing a death takes 2 s, more under the race detector
		retryMin:        100 * time.Millisecond,  // tests wait for rejoins
		retryMax:        500 * time.Millisecond,  // tests wait for rejoins
	},
}

// config returns memberlist's configuration with these timings.
func (t timing) config() *memberlist.Config {
	c := memberlist.DefaultLANConfig()
	c.ProbeInterval = t.probeInterval
	c.ProbeTimeout = t.probeTimeout
	c.SuspicionMult = t.suspicion
	c.SuspicionMaxTimeoutMult = t.suspicionMax
	c.AwarenessMaxMultiplier = t.awareness
	c.IndirectChecks = t.indirect
	c.GossipInterval = t.gossipInterval
	c.GossipToTheDeadTime = t.gossipToTheDead
	c.RetransmitMult = t.retransmit
	c.PushPullInterval = t.pushPull
	c.TCPTimeout = t.stream
	c.DeadNodeReclaimTime = t.reclaim

	// LZW would cost a Pi more than the few bytes that it saves in packets
	// that fit into one frame anyway.
	c.EnableCompression = false
	// A queued message keeps its 64 KiB receive buffer alive: 256 of them
	// in each of two queues are 32 MiB at worst. News are sent repeatedly,
	// so that a dropped one is not missed.
	c.HandoffQueueDepth = 256
	// A later version that changes the metadata incompatibly raises these.
	c.DelegateProtocolMin, c.DelegateProtocolVersion, c.DelegateProtocolMax = 1, 1, 1
	return c
}
