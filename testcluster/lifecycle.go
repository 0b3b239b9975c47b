package testcluster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"pikv/autoscale"
	"pikv/membership"
)

// AddWorker starts one more worker. WaitSettled waits until it has its share.
func (c *Cluster) AddWorker(options ...WorkerOption) Node {
	c.t.Helper()
	return c.add(fmt.Sprintf("%sw%d", c.options.Prefix, len(c.nodes)), membership.RoleWorker, options...)
}

// Meet starts one more worker that is also told to join another cluster.
func (c *Cluster) Meet(other *Cluster) Node {
	c.t.Helper()
	for _, n := range other.Nodes() {
		if n.Running {
			c.strange = append(c.strange, n.Gossip)
		}
	}
	defer func() { c.strange = nil }()
	return c.AddWorker()
}

// add starts a node of a new name.
func (c *Cluster) add(name string, role membership.Role, options ...WorkerOption) Node {
	c.t.Helper()
	m := &member{Node: Node{Name: name, Role: role}, before: make(map[uint64]bool), options: options}
	c.nodes = append(c.nodes, m)
	c.start(m)
	return m.Node
}

// start starts a node that does not run. It joins by all that do. When they have not
// noticed yet that the last one of its name died, it tries again, as a supervisor does.
func (c *Cluster) start(m *member) {
	c.t.Helper()
	s := spec{Node: m.Node, Options: c.options, dataDir: c.dataDir, join: slices.Clone(c.strange)}
	for _, set := range m.options {
		set(&s.Options)
	}
	for _, other := range c.nodes {
		if other.Running {
			s.join = append(s.join, other.Gossip)
		}
	}
	var r running
	c.Eventually("start "+m.Name, func(ctx context.Context) (err error) {
		if r, err = c.place.start(ctx, s); err != nil && !errors.Is(err, membership.ErrNameTaken) {
			c.t.Fatalf("start %s: %v", m.Name, err)
		}
		return err
	})
	m.before[m.shown], m.shown = true, 0
	m.running = r
	m.RPC, m.RESP, m.Gossip, m.Running = r.rpc(), r.resp(), r.gossip(), true
}

// Kill ends a node at once, as a power cut does.
func (c *Cluster) Kill(name string) {
	c.t.Helper()
	m := c.alive(name)
	m.running.kill()
	m.running, m.Running = nil, false
}

// Stop ends a node as SIGTERM does: a worker hands its partitions over first.
func (c *Cluster) Stop(name string) {
	c.t.Helper()
	m := c.alive(name)
	ctx, cancel := c.patience()
	defer cancel()
	if err := m.running.stop(ctx); err != nil {
		c.t.Fatalf("stop %s: %v", name, err)
	}
	m.running, m.Running = nil, false
}

// Restart starts a node again that was killed or stopped, under its old name. A
// master finds its data folder as it left it.
func (c *Cluster) Restart(name string) Node {
	c.t.Helper()
	m := c.member(name)
	if m.Running {
		c.t.Fatalf("restart %s: it runs", name)
	}
	c.start(m)
	return m.Node
}

// Rescale starts the master again with another scaling policy, as an operator does who changes the
// flags of a master that runs; everything else goes on.
func (c *Cluster) Rescale(policy autoscale.Policy) {
	c.t.Helper()
	master := c.options.Prefix + MasterName
	c.options.Scaling = policy
	c.Stop(master)
	c.Restart(master)
}

// BeginDrain has a worker emptied and does not wait for that.
func (c *Cluster) BeginDrain(name string) {
	c.t.Helper()
	c.Eventually("begin to drain "+name, func(ctx context.Context) error {
		_, err := c.own.Drain(ctx, name)
		return err
	})
}

// Drain has a worker emptied and waits until it holds nothing; it goes on running.
func (c *Cluster) Drain(name string) {
	c.t.Helper()
	c.Eventually("drain "+name, func(ctx context.Context) error {
		left, err := c.own.Drain(ctx, name)
		if err == nil && left > 0 {
			err = fmt.Errorf("%d partitions are left", left)
		}
		return err
	})
}

// member finds a node by its name.
func (c *Cluster) member(name string) *member {
	c.t.Helper()
	i := slices.IndexFunc(c.nodes, func(m *member) bool { return m.Name == name })
	if i < 0 {
		c.t.Fatalf("there is no node %s", name)
	}
	return c.nodes[i]
}

// alive finds a node that runs.
func (c *Cluster) alive(name string) *member {
	c.t.Helper()
	m := c.member(name)
	if !m.Running {
		c.t.Fatalf("%s does not run", name)
	}
	return m
}
