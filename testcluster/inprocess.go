package testcluster

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"pikv/master"
	"pikv/membership"
	"pikv/rpcclient"
	"pikv/rpcserver"
	"pikv/socket"
	"pikv/testcluster/own"
	"pikv/worker"
)

// closeTime bounds how long a stopping node's requests in flight may take.
const closeTime = 10 * time.Second

// inProcess runs nodes as objects, on free ports of loopback.
type inProcess struct {
	cluster string // its name
	log     *zap.Logger
}

// newInProcess makes the place. What the nodes log shows when the test fails.
func newInProcess(t testing.TB) *inProcess {
	return &inProcess{cluster: own.Cluster(t), log: zaptest.NewLogger(t, zaptest.Level(zap.InfoLevel))}
}

// dial returns nil: the client's own dialer will do.
func (p *inProcess) dial() rpcclient.Dialer { return nil }

// object is what master.Master and worker.Worker have in common.
type object interface {
	Start(ctx context.Context) error
	Addr() string
	RESPAddr() string
	GossipAddr() string
	Close(ctx context.Context) error
	Abort()
}

// start builds and starts a node.
func (p *inProcess) start(ctx context.Context, s spec) (running, error) {
	n, err := p.build(s)
	if err != nil {
		return nil, err
	}
	if err := n.Start(ctx); err != nil {
		n.Abort()
		return nil, err
	}
	return &inProcessNode{n}, nil
}

// build makes the node that s describes.
func (p *inProcess) build(s spec) (object, error) {
	log := p.log.Named(s.Name)
	respPort := 0
	if s.Redis {
		respPort = socket.AnyPort
	}
	if s.Role == membership.RoleMaster {
		return master.New(master.Config{
			Name: s.Name, Cluster: p.cluster, Bind: "127.0.0.1", RESPPort: respPort, RESPProxy: s.RedisProxy, RESPUsers: s.RedisUsers.hashed(), Join: s.join, Profile: membership.ProfileLocal,
			DataDir: s.dataDir, Partitions: s.Partitions, Replicas: s.Replicas, OnLoss: s.OnLoss, Scaling: s.Scaling, Version: "test", Log: log, Server: rpcserver.DefaultConfig(),
			Settle: 200 * time.Millisecond, // the profile's gossip is quick, too
		})
	}
	return worker.New(worker.Config{
		Name: s.Name, Cluster: p.cluster, Bind: "127.0.0.1", RESPPort: respPort, RESPUsers: s.RedisUsers.hashed(), Join: s.join, Profile: membership.ProfileLocal,
		MaxMemory: s.MaxMemory, Eviction: s.Eviction, MoveRate: s.MoveRate, Spare: s.Spare, Version: "test", Log: log, Server: rpcserver.DefaultConfig(),
	})
}

// inProcessNode is a node of this process.
type inProcessNode struct{ object }

func (n *inProcessNode) rpc() string    { return n.Addr() }
func (n *inProcessNode) resp() string   { return n.RESPAddr() }
func (n *inProcessNode) gossip() string { return n.GossipAddr() }
func (n *inProcessNode) kill()          { n.Abort() }

// stop does what pikvd does on SIGTERM.
func (n *inProcessNode) stop(ctx context.Context) error {
	var err error
	if w, ok := n.object.(*worker.Worker); ok {
		err = w.Drain(ctx)
	}
	closing, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	return errors.Join(err, n.Close(closing))
}
