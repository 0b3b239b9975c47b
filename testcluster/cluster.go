// Package testcluster runs whole clusters for tests: real masters and workers,
// put together as they ship, either all in the test's process or one process
// each on hosts of their own (network namespaces, as root). A test that is
// written for one way runs the other, too: the way is a word in Options.
//
// A request in a test takes the way that any request takes: a client from
// Cluster.Client finds the owner in its view and sends it over TCP. The package
// stands beside that and only does to nodes what the world does to them: it
// starts, stops, kills, pauses and cuts them off.
//
// Methods end the test when the cluster does not do what it is asked for. They
// must be called from the test's own goroutine.
package testcluster

import (
	"cmp"
	"context"
	"path/filepath"
	"testing"
	"time"

	"pikv/client"
	"pikv/membership"
	"pikv/rpcclient"
	"pikv/wire"
)

// MasterName is the name of the cluster's master; workers are w1, w2 and so on.
// Options.Prefix goes before both.
const MasterName = "master"

// Node is a node as it was when it last started.
type Node struct {
	Name    string
	Role    membership.Role
	RPC     string // address of requests
	RESP    string // address for Redis clients, "" for none
	Gossip  string // address of gossip
	Running bool
}

// Cluster is a running cluster.
type Cluster struct {
	t       testing.TB
	options Options
	place   place
	dataDir string // the master's
	nodes   []*member
	own     *client.Client // for the package's own questions
	strange []string       // seeds of another cluster, while Meet starts a node
}

// member is a node and the way to end it.
type member struct {
	Node
	running running         // nil while it is not
	shown   uint64          // the incarnation that the master showed last in this run
	before  map[uint64]bool // the last shown ones of earlier runs
	options []WorkerOption  // also when it is started again
}

// place is where nodes run: this process, or hosts of a lab.
type place interface {
	// start starts a node and returns once it serves.
	start(ctx context.Context, s spec) (running, error)
	// dial is how the test's clients connect.
	dial() rpcclient.Dialer
}

// spec is what start must know of a node.
type spec struct {
	Node
	Options
	join    []string
	dataDir string
}

// running is a node at work.
type running interface {
	rpc() string
	resp() string
	gossip() string
	// stop ends it as SIGTERM does: it hands over what it holds, then leaves.
	stop(ctx context.Context) error
	// kill ends it as kill -9 does, and returns when nothing of it is left.
	kill()
}

// Start starts a master and workers and waits until they share the partitions.
// All of it is gone when the test ends.
func Start(t testing.TB, o Options) *Cluster {
	t.Helper()
	o = o.withDefaults()
	c := &Cluster{t: t, options: o, dataDir: cmp.Or(o.DataDir, filepath.Join(t.TempDir(), MasterName))}
	switch o.Mode {
	case InProcess:
		c.place = newInProcess(t)
	case Namespaces:
		c.place = newNamespaces(t)
	default:
		t.Fatalf("there is no mode %q", o.Mode)
	}
	t.Cleanup(c.Close)
	c.add(o.Prefix+MasterName, membership.RoleMaster)
	for range o.Workers {
		c.AddWorker()
	}
	c.own = c.Client()
	c.WaitSettled()
	return c
}

// Close kills everything. It is called when the test ends; to call it earlier
// makes room for another cluster.
func (c *Cluster) Close() {
	for _, m := range c.nodes {
		if m.running != nil {
			m.running.kill()
			m.running, m.Running = nil, false
		}
	}
}

// Dialer returns how the test's clients connect, for one that is none of ours;
// nil means that any way will do.
func (c *Cluster) Dialer() rpcclient.Dialer { return c.place.dial() }

// Client returns a client of the cluster. It is closed when the test ends.
func (c *Cluster) Client(options ...client.Option) *client.Client {
	c.t.Helper()
	ctx, cancel := c.patience()
	defer cancel()
	options = append([]client.Option{client.WithDialer(c.place.dial())}, options...)
	cl, err := client.New(ctx, c.Seeds(), options...)
	if err != nil {
		c.t.Fatalf("make a client: %v", err)
	}
	c.t.Cleanup(func() {
		if err := cl.Close(); err != nil {
			c.t.Errorf("close a client: %v", err)
		}
	})
	return cl
}

// Seeds returns the RPC addresses of the nodes that run.
func (c *Cluster) Seeds() []string {
	var seeds []string
	for _, n := range c.Nodes() {
		if n.Running {
			seeds = append(seeds, n.RPC)
		}
	}
	return seeds
}

// Nodes returns all nodes that were ever started, the master first.
func (c *Cluster) Nodes() []Node {
	var nodes []Node
	for _, m := range c.nodes {
		nodes = append(nodes, m.Node)
	}
	return nodes
}

// Node returns the node of that name.
func (c *Cluster) Node(name string) Node {
	c.t.Helper()
	return c.member(name).Node
}

// Status asks the cluster how it is.
func (c *Cluster) Status() wire.StatusReply {
	c.t.Helper()
	ctx, cancel := c.patience()
	defer cancel()
	status, err := c.own.Status(ctx)
	if err != nil {
		c.t.Fatalf("ask for the status: %v", err)
	}
	return status
}

// Eventually repeats try until it succeeds, and ends the test with its last
// error when that takes too long.
func (c *Cluster) Eventually(what string, try func(ctx context.Context) error) {
	c.t.Helper()
	ctx, cancel := c.patience()
	defer cancel()
	for {
		err := try(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			c.t.Fatalf("%s: gave up after %v: %v", what, c.options.Patience, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Patience is how long the package waits for what must happen.
func (c *Cluster) Patience() time.Duration { return c.options.Patience }

// patience bounds a wait.
func (c *Cluster) patience() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), c.options.Patience)
}
