// Package clienttest runs a tiny cluster inside a test: nodes that speak the
// real wire protocol over real sockets, and keep everything in one map. It is
// for tests of what talks to a cluster: package client, the command pikv.
// Replication, discovery and memory limits are not its business; it goes wrong
// only as it is told to.
//
// A request's life: the node's rpcserver decodes it; Node.serve lets the
// test's Intercept refuse it, drop the connection or wait; then the node
// answers from the cluster's map if its view says that it owns the key, else
// with a redirect.
package clienttest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pikv/placement"
)

// Cluster is a master and some workers. Safe for concurrent use.
type Cluster struct {
	Master  *Node
	Workers []*Node

	fatalf func(format string, args ...any) // fails the test

	mu struct {
		sync.Mutex
		view     *placement.View // in force; nil without workers
		data     map[string]entry
		version  uint64
		writes   int                 // that took effect
		sessions map[uint64]*session // by client
		changed  chan struct{}       // closed with the next view
		lost     map[uint16]bool
		drained  map[string]int // polls per node name
	}
}

type entry struct {
	value   []byte
	version uint64
	ttl     time.Duration // as it was put: it does not run
}

// New starts a master and workers with partitions spread over them in turn. They
// stop when the test ends. Without workers there is no view.
func New(t testing.TB, workers, partitions int) *Cluster {
	t.Helper()
	c, err := Start(workers, partitions)
	if err != nil {
		t.Fatal(err)
	}
	c.fatalf = t.Fatalf
	t.Cleanup(c.Close)
	return c
}

// Start is New for what has no testing.TB: an example. Close stops the nodes.
func Start(workers, partitions int) (*Cluster, error) {
	c := &Cluster{fatalf: func(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }}
	c.mu.data = make(map[string]entry)
	c.mu.drained = make(map[string]int)
	c.mu.sessions = make(map[uint64]*session)
	c.mu.changed = make(chan struct{})
	c.mu.lost = make(map[uint16]bool)
	var err error
	if c.Master, err = startNode(c, "m1", true); err != nil {
		return nil, err
	}
	var nodes []placement.Node
	for i := range workers {
		n, err := startNode(c, fmt.Sprintf("w%d", i+1), false)
		if err != nil {
			c.Close()
			return nil, err
		}
		n.RESP = fmt.Sprintf("192.0.2.%d:7379", i+1)
		c.Workers = append(c.Workers, n)
		nodes = append(nodes, placement.Node{
			Incarnation: n.inc(), Name: n.Name, Addr: n.Addr, RESPAddr: n.RESP, Capacity: 1 << 30,
		})
	}
	if workers > 0 {
		c.mu.Lock()
		c.mu.view = firstView(nodes, partitions)
		c.mu.Unlock()
	}
	return c, nil
}

// Close kills all nodes. Twice is safe.
func (c *Cluster) Close() {
	c.Master.Kill()
	for _, n := range c.Workers {
		n.Kill()
	}
}

// firstView gives each partition to the next node.
func firstView(nodes []placement.Node, partitions int) *placement.View {
	v := &placement.View{Cluster: "pikv", MasterID: 7, Epoch: 1, Replicas: 1, Nodes: nodes}
	for p := range partitions {
		owner := nodes[p%len(nodes)].Incarnation
		v.Partitions = append(v.Partitions, placement.Partition{
			Epoch: 1, Primary: owner, InSync: []placement.Incarnation{owner},
		})
	}
	return v
}

// View returns the view in force.
func (c *Cluster) View() *placement.View {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.view
}

// PartitionOf returns the partition of key.
func (c *Cluster) PartitionOf(key string) placement.PartitionID {
	return placement.PartitionOf([]byte(key), len(c.View().Partitions))
}

// Owner returns the worker that owns key.
func (c *Cluster) Owner(key string) *Node {
	v := c.View()
	inc := v.Partitions[c.PartitionOf(key)].Primary
	for _, n := range c.Workers {
		if n.inc() == inc {
			return n
		}
	}
	c.fatalf("nobody owns %q", key)
	return nil
}

// Other returns a worker that does not own key.
func (c *Cluster) Other(key string) *Node {
	owner := c.Owner(key)
	for _, n := range c.Workers {
		if n != owner {
			return n
		}
	}
	c.fatalf("no other worker than %s", owner.Name)
	return nil
}

// Move makes to the owner of key's partition, in a new view that all nodes
// have at once, except those that Freeze has stopped.
func (c *Cluster) Move(key string, to *Node) {
	p := c.PartitionOf(key)
	c.change(func(v *placement.View) {
		v.Partitions[p] = placement.Partition{
			Epoch: v.Epoch, Primary: to.inc(), InSync: []placement.Incarnation{to.inc()},
		}
	})
}

// MoveAll makes to the owner of all that from owns.
func (c *Cluster) MoveAll(from, to *Node) {
	c.change(func(v *placement.View) {
		for p := range v.Partitions {
			if v.Partitions[p].Primary == from.inc() {
				v.Partitions[p] = placement.Partition{
					Epoch: v.Epoch, Primary: to.inc(), InSync: []placement.Incarnation{to.inc()},
				}
			}
		}
	})
}

// change makes the next view.
func (c *Cluster) change(f func(v *placement.View)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := c.mu.view.Clone()
	next.Epoch++
	f(next)
	c.setViewLocked(next)
}

// setViewLocked puts v in force and tells who waits for it.
func (c *Cluster) setViewLocked(v *placement.View) {
	c.mu.view = v
	close(c.mu.changed)
	c.mu.changed = make(chan struct{})
}

// changed is closed when another view than the present one is in force.
func (c *Cluster) changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.changed
}

// Rebirth replaces the cluster by a new one at the same addresses: another
// master id, epoch 1, no data.
func (c *Cluster) Rebirth() {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := firstView(c.mu.view.Nodes, len(c.mu.view.Partitions))
	v.MasterID = c.mu.view.MasterID + 1
	// The partitions lie elsewhere than before.
	for p := range v.Partitions {
		owner := v.Nodes[(p+1)%len(v.Nodes)].Incarnation
		v.Partitions[p].Primary, v.Partitions[p].InSync[0] = owner, owner
	}
	c.setViewLocked(v)
	c.mu.data = make(map[string]entry)
	c.mu.sessions = make(map[uint64]*session)
}

// Value returns what is stored under key.
func (c *Cluster) Value(key string) (value []byte, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, found := c.mu.data[key]
	return e.value, found
}
