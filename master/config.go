package master

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"pikv/autoscale"
	"pikv/membership"
	"pikv/placement"
	"pikv/rpcserver"
	"pikv/socket"
)

// Config describes one master. Name, Cluster and DataDir have no default; the
// other zero values mean what withDefaults says.
type Config struct {
	Name      string
	Cluster   string
	Bind      string // address to listen on
	Advertise string // address to tell others; "" finds one
	// RPCPort and GossipPort are the ports to listen on, 0 for any free one.
	RPCPort    int
	GossipPort int
	// RESPPort is the port for Redis clients: 0 for none, socket.AnyPort for any
	// free one.
	RESPPort  int
	Join      []string // seeds, see membership.Config
	Discover  bool     // answer those who look for the cluster by multicast DNS
	GossipKey []byte   // AES key of the gossip, nil for none
	Profile   membership.Profile
	DataDir   string // where the view's file lives; made when missing
	// Partitions and Replicas shape the cluster at its birth; afterwards
	// the file knows better, and the Replicas RPC changes the latter.
	Partitions int
	Replicas   int // 1 to placement.MaxReplicas
	// OnLoss is what to do about partitions of which every replica is lost:
	// OnLossWait, the default, or OnLossReset.
	OnLoss string
	// Recover permits what the rules forbid, with a warning: to start beside
	// a damaged file, and to change partitions whose replicas are missing.
	Recover bool
	Version string
	Log     *zap.Logger
	// RESPUsers are the users that Redis clients may log in as, with the SHA-256
	// of each one's password; empty: everybody may do everything. "default" is
	// the user of an AUTH without a name.
	RESPUsers map[string][sha256.Size]byte
	// RESPProxy serves data on RESPPort through the proxy; without it keys are
	// answered with where they are.
	RESPProxy bool
	// Settle is for how long the membership must be quiet before the
	// cluster's birth and before a new plan.
	Settle time.Duration
	// BirthWorkers is how many workers must live before the cluster is born; 0 and
	// 1: any.
	BirthWorkers int
	// Server is for the RPC port. Its Limits, MaxConns and Budget bound the port
	// for Redis clients, too: a Budget is shared, connections are counted apart.
	Server rpcserver.Config
	// MaxMovesPerNode bounds the partitions in motion from and to a worker.
	MaxMovesPerNode int
	// Scaling says when a spare is activated and when a worker becomes one.
	Scaling autoscale.Policy
}

const (
	defaultPartitions = 1024
	defaultReplicas   = 2
	// Longer than a death takes to spread by gossip, so that a rack that is
	// switched on is one change of the ring and not one per worker.
	defaultSettle = 2 * time.Second
	// A step of a move takes a report or two, whatever the partition's size:
	// some must be under way at once, or a thousand empty partitions take
	// minutes. But each is out of service for the moment of its hand-over, and
	// each change of the view costs every node some CPU time: with 32 at once
	// clients felt both. The bytes are paced by the workers, not by this.
	defaultMoves  = 16
	maxNameLength = 128
	// It is part of a file's name, where a byte may take three.
	maxClusterLength = 64
)

// withDefaults returns c with every zero field filled that has a default.
func (c Config) withDefaults() Config {
	if c.Partitions == 0 {
		c.Partitions = defaultPartitions
	}
	if c.Replicas == 0 {
		c.Replicas = defaultReplicas
	}
	if c.OnLoss == "" {
		c.OnLoss = OnLossWait
	}
	if c.Settle == 0 {
		c.Settle = defaultSettle
	}
	if c.Scaling == (autoscale.Policy{}) {
		c.Scaling = autoscale.DefaultPolicy()
	}
	if c.MaxMovesPerNode == 0 {
		c.MaxMovesPerNode = defaultMoves
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	if c.Server.Log == nil {
		c.Server.Log = c.Log
	}
	return c
}

// validate reports every problem at once.
func (c Config) validate() error {
	var problems []error
	complain := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if c.Name == "" || len(c.Name) > maxNameLength {
		complain("the node's name must have 1 to %d bytes", maxNameLength)
	}
	if c.Cluster == "" || len(c.Cluster) > maxClusterLength {
		complain("the cluster's name must have 1 to %d bytes", maxClusterLength)
	}
	if c.DataDir == "" {
		complain("a master needs a data directory")
	}
	for name, port := range map[string]int{"RPC": c.RPCPort, "gossip": c.GossipPort} {
		if port < 0 || port > 65535 {
			complain("%s port %d is not in 0..65535", name, port)
		}
	}
	if c.RPCPort != 0 && c.RPCPort == c.GossipPort {
		complain("RPC and gossip cannot share port %d", c.RPCPort)
	}
	if c.RESPPort < socket.AnyPort || c.RESPPort > 65535 {
		complain("RESP port %d is not in 0..65535", c.RESPPort)
	}
	if c.RESPPort > 0 && (c.RESPPort == c.RPCPort || c.RESPPort == c.GossipPort) {
		complain("RESP cannot share port %d with RPC or gossip", c.RESPPort)
	}
	if c.RESPProxy && c.RESPPort == 0 {
		complain("a proxy for Redis clients needs a port for them")
	}
	if err := placement.CheckPartitions(c.Partitions); err != nil {
		problems = append(problems, err)
	}
	if c.Replicas < 1 || c.Replicas > placement.MaxReplicas {
		complain("replicas must be 1 to %d, not %d", placement.MaxReplicas, c.Replicas)
	}
	if err := checkOnLoss(c.OnLoss); err != nil {
		problems = append(problems, err)
	}
	if c.Settle < 0 {
		complain("the settling time must not be negative")
	}
	if c.BirthWorkers < 0 {
		complain("the number of workers at the birth must not be negative")
	}
	if c.MaxMovesPerNode < 0 {
		complain("the number of moves per node must not be negative")
	}
	if err := c.Scaling.Validate(); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}
