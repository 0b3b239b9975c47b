package main

import (
	"context"

	"go.uber.org/zap"

	"pikv/master"
	"pikv/membership"
	"pikv/rpcserver"
	"pikv/wire"
	"pikv/worker"
)

// node is what a master and a worker have in common.
type node interface {
	Start(ctx context.Context) error
	Name() string
	Addr() string
	GossipAddr() string
	RESPAddr() string
	Failed() <-chan error
	Close(ctx context.Context) error
}

// drainer is a node that has something to hand over before it goes.
type drainer interface {
	Drain(ctx context.Context) error
}

// joiner is a node that has to be taken up by a cluster, which may take for ever.
type joiner interface {
	Joined() <-chan struct{}
}

var (
	_ joiner  = (*worker.Worker)(nil)
	_ node    = (*master.Master)(nil)
	_ node    = (*worker.Worker)(nil)
	_ drainer = (*worker.Worker)(nil)
)

// newNode builds the node that cfg describes.
func newNode(cfg *config, log *zap.Logger) (node, error) {
	if cfg.role == membership.RoleMaster {
		return master.New(cfg.master(log))
	}
	return worker.New(cfg.worker(log))
}

// master returns the settings of a master.
func (c *config) master(log *zap.Logger) master.Config {
	return master.Config{
		Name:       c.name,
		Cluster:    c.cluster,
		Bind:       c.bind,
		Advertise:  c.advertise,
		RPCPort:    c.rpcPort,
		GossipPort: c.gossipPort,
		RESPPort:   c.respPort,
		RESPUsers:  c.users,
		RESPProxy:  c.respProxy,
		Join:       c.join,
		Discover:   c.discover,
		GossipKey:  c.gossipKey,
		Profile:    c.profile,
		DataDir:    c.dataDir,
		Partitions: c.partitions,
		Replicas:   c.replicas,
		OnLoss:     c.onLoss,
		Recover:    c.recover,
		Version:    version,
		Log:        log,
		Server:     c.server(log),
		Settle:     c.settle,
		Scaling:    c.scaling,

		BirthWorkers: c.birthWorkers,
	}
}

// worker returns the settings of a worker.
func (c *config) worker(log *zap.Logger) worker.Config {
	return worker.Config{
		Name:       c.name,
		Cluster:    c.cluster,
		Bind:       c.bind,
		Advertise:  c.advertise,
		RPCPort:    c.rpcPort,
		GossipPort: c.gossipPort,
		RESPPort:   c.respPort,
		RESPUsers:  c.users,
		Join:       c.join,
		Discover:   c.discover,
		GossipKey:  c.gossipKey,
		Profile:    c.profile,
		MaxMemory:  c.maxMemory,
		Eviction:   c.eviction,
		MoveRate:   c.moveRate,
		Spare:      c.spare,
		Version:    version,
		Log:        log,
		Server:     c.server(log),
	}
}

// server bounds what clients can make the node hold.
func (c *config) server(log *zap.Logger) rpcserver.Config {
	s := rpcserver.DefaultConfig()
	s.Limits = c.limits()
	s.MaxConns = c.maxConns
	s.Budget = wire.NewBudget(c.inFlight())
	s.Log = log
	return s
}

// limits are the sizes that the node takes from others.
func (c *config) limits() wire.Limits {
	l := wire.DefaultLimits()
	room := l.Frame - l.Value // a key, and what stands around key and value
	l.Value = int(c.maxValue)
	l.Frame = l.Value + room
	return l
}

// inFlight is how many bytes of requests and replies the node holds over all
// connections together: an eighth of what it keeps, but enough for the largest
// request, or that could never be served.
func (c *config) inFlight() int64 {
	return max(c.maxMemory/8, 2*int64(c.limits().Frame))
}

// readyLine is what a node prints once it serves, for people and for scripts:
// words that are name=value and never hold a space. resp and debug are there
// where the node listens for them.
func readyLine(n node, role membership.Role, debug string) string {
	line := "ready name=" + n.Name() + " role=" + string(role) + " rpc=" + n.Addr() + " gossip=" + n.GossipAddr()
	if addr := n.RESPAddr(); addr != "" {
		line += " resp=" + addr
	}
	if debug != "" {
		line += " debug=" + debug
	}
	return line
}
