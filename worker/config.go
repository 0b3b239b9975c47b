package worker

import (
	"time"

	"go.uber.org/zap"

	"pikv/membership"
	"pikv/replica"
	"pikv/rpcserver"
)

// Config describes a worker. Zero fields mean the defaults of withDefaults.
type Config struct {
	Name       string             // unique in the cluster; stable across restarts
	Cluster    string             // the cluster's name
	Bind       string             // IP to listen on
	Advertise  string             // IP that others reach this node at; "" finds one
	RPCPort    int                // 0 is any free port
	GossipPort int                // 0 is any free port
	Join       []string           // seeds, see membership.Config
	GossipKey  []byte             // AES key, or none
	Profile    membership.Profile // gossip timing
	MaxMemory  int64              // bytes of keys and values, accounted
	MoveRate   int64              // bytes per second of background streams; 0 is without limit
	Version    string             // shown in status
	Log        *zap.Logger
	Server     rpcserver.Config
	Timing     replica.Timing
}

func (c Config) withDefaults() Config {
	if c.Cluster == "" {
		c.Cluster = "pikv"
	}
	if c.Bind == "" {
		c.Bind = "0.0.0.0"
	}
	if c.MaxMemory == 0 {
		c.MaxMemory = 256 << 20 // fits the smallest Pi
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Timing == (replica.Timing{}) {
		c.Timing = replica.DefaultTiming()
	}
	return c
}

// The worker's rhythm.
const (
	tickEvery     = 50 * time.Millisecond  // half a heartbeat, so that a deadline is late by little
	pingEvery     = 100 * time.Millisecond // the heartbeat of docs/PROTOCOL.md
	reportEvery   = 200 * time.Millisecond // suggestions come back with it: bounds the pause between two steps of a move
	sweepEvery    = time.Second            // expired keys that nobody reads give back their memory
	sweepKeys     = 64                     // per partition and sweep, so that no lock is held for long
	viewWait      = 5 * time.Second        // long poll, well below any idle timeout
	callTimeout   = 2 * time.Second        // calls to the master other than long polls
	retryMin      = 50 * time.Millisecond  // back-off towards an absent master
	retryMax      = time.Second
	complainEvery = 30 * time.Second // a condition that lasts is logged so often
	opTimeout     = 5 * time.Second  // an operation is held so long when it cannot be served yet
	lingerQuiet   = 300 * time.Millisecond
	lingerMax     = 3 * time.Second
)
