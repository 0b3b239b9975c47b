package master

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/register"
)

// cluster drives a planner over a cluster in memory, at 10 steps a second.
type cluster struct {
	t     *testing.T
	p     *planner
	s     *register.State
	live  []placement.Node
	heard map[inc]report
	now   time.Time
}

func newCluster(t *testing.T, partitions int, ns ...inc) *cluster {
	s, err := register.Begin(register.Birth{Cluster: "test", Partitions: partitions, Replicas: 1}, idA, live(ns...))
	require.NoError(t, err)
	return &cluster{t: t, p: newPlanner(4), s: s, live: live(ns...), heard: reportsOf(idA, epochZero, 1, 2, 3, 4, 5), now: epochZero}
}

// plan returns what is suggested now.
func (c *cluster) plan() []placement.Change {
	c.t.Helper()
	c.now = c.now.Add(100 * time.Millisecond)
	for n, r := range c.heard {
		r.at = c.now
		c.heard[n] = r
	}
	return c.replan(true)
}

// replan plans without new reports.
func (c *cluster) replan(settled bool) []placement.Change {
	c.t.Helper()
	require.NoError(c.t, c.p.plan(c.s, c.live, c.heard, c.now, settled))
	var all []placement.Change
	for n := inc(1); n <= 5; n++ {
		if b := c.p.suggest(n); b != nil {
			changes, err := placement.DecodeChanges(b)
			require.NoError(c.t, err)
			for _, ch := range changes {
				require.Equal(c.t, n, ch.Asker)
			}
			all = append(all, changes...)
		}
	}
	return all
}

// take puts changes into force.
func (c *cluster) take(changes ...placement.Change) {
	c.t.Helper()
	v, refused := c.s.View.Next(changes)
	for _, err := range refused {
		require.NoError(c.t, err)
	}
	c.s = c.s.WithView(v)
}

// setNodes changes the view's nodes.
func (c *cluster) setNodes(edit func(nodes []placement.Node) []placement.Node) {
	c.t.Helper()
	v, err := c.s.View.WithNodes(edit(append([]placement.Node(nil), c.s.View.Nodes...)))
	require.NoError(c.t, err)
	c.s = c.s.WithView(v)
}

// join lets a worker take part.
func (c *cluster) join(n inc) {
	c.live = append(c.live, node(n))
	c.setNodes(func(nodes []placement.Node) []placement.Node { return append(nodes, node(n)) })
}

// settle follows the plan, with the primaries' promotions, until there is none.
func (c *cluster) settle() (steps int) {
	c.t.Helper()
	for ; steps < 1000; steps++ {
		changes := c.plan()
		for p, conf := range c.s.View.Partitions {
			for _, l := range conf.Learners {
				changes = append(changes, placement.Change{Kind: placement.Promote, Partition: placement.PartitionID(p), Epoch: conf.Epoch, Asker: conf.Primary, Node: l})
			}
		}
		if len(changes) == 0 {
			return steps
		}
		c.take(changes...)
	}
	c.t.Fatal("the plan never ends")
	return 0
}

func (c *cluster) owned(n inc) (count int) {
	for p := range c.s.View.Partitions {
		if c.s.View.Holds(placement.PartitionID(p), n) {
			count++
		}
	}
	return count
}

func TestAJoinGetsItsShareAndADrainGivesItBack(t *testing.T) {
	c := newCluster(t, 64, 1, 2)
	require.Empty(t, c.plan(), "a cluster is born as the ring has it")
	c.join(3)
	first := c.plan()
	require.NotEmpty(t, first)
	require.Equal(t, first, c.plan(), "repeated until the view moves on")
	c.settle()
	require.Greater(t, c.owned(3), 64/6)
	c.setNodes(func(nodes []placement.Node) []placement.Node {
		nodes[2].State = placement.NodeDraining
		return nodes
	})
	c.settle()
	require.Zero(t, c.owned(3))
	require.Equal(t, 64, c.owned(1)+c.owned(2))
}

func TestNothingIsPlannedForTheUnsettledOrTheSilent(t *testing.T) {
	c := newCluster(t, 64, 1, 2)
	c.plan()
	c.join(3)
	require.Empty(t, c.replan(false), "the ring is as it was until the membership has settled")
	require.NotEmpty(t, c.replan(true))
	c.heard[3] = follower(3, idA, c.now.Add(-2*freshReport))
	require.Empty(t, c.replan(true), "w3 does not report: it may be cut off from the master")
	c.heard[3] = follower(3, idB, c.now)
	require.Empty(t, c.replan(true), "w3 follows another master")
	c.live = nil
	require.Empty(t, c.replan(true))
}

func TestFrozenPartitionsGetNoSuggestions(t *testing.T) {
	c := newCluster(t, 64, 1, 2)
	c.join(3)
	for _, ch := range c.plan() {
		c.s = &register.State{View: c.s.View, Frozen: []register.Frozen{frozenIn(c.s.View, ch.Partition, 1)}}
		for _, again := range c.plan() {
			require.NotEqual(t, ch.Partition, again.Partition)
		}
	}
}

func TestLearnersGoOnlyWhereTheyFit(t *testing.T) {
	c := newCluster(t, 64, 1, 2)
	c.join(3)
	set := func(n inc, used int64) {
		r := c.heard[n]
		r.used = used
		c.heard[n] = r
	}
	n1 := int64(c.owned(1))
	set(1, n1*1000) // each of w1's partitions is expected to take 1000 bytes
	set(2, 0)
	set(3, node(3).Capacity-2500)
	fromW1 := 0
	for _, ch := range c.plan() {
		if ch.Asker == 1 {
			fromW1++
		}
	}
	require.Equal(t, 2, fromW1)
	require.Positive(t, c.p.noRoom)
	set(3, node(3).Capacity+5)
	for _, ch := range c.plan() {
		require.Equal(t, inc(2), ch.Asker, "what takes nothing may still go where nothing is free")
	}
	r := c.heard[3]
	r.eviction = evictionLRU
	c.heard[3] = r
	fromW1 = 0
	for _, ch := range c.plan() {
		if ch.Asker == 1 {
			fromW1++
		}
	}
	require.Greater(t, fromW1, 2, "who evicts is always full, and makes room for what comes")
}

func TestAFillThatFailedWaits(t *testing.T) {
	c := newCluster(t, 64, 1, 2)
	c.join(3)
	first := c.plan()[0]
	c.take(first)
	c.plan()
	part := c.s.View.Partitions[first.Partition]
	c.take(placement.Change{Kind: placement.Drop, Partition: first.Partition, Epoch: part.Epoch, Asker: part.Primary, Node: first.Node})
	planned := func() bool {
		for _, ch := range c.plan() {
			if ch.Partition == first.Partition {
				return true
			}
		}
		return false
	}
	require.False(t, planned())
	failed := c.now
	for !planned() {
		require.Less(t, c.now.Sub(failed), 10*firstBackoff)
	}
	require.GreaterOrEqual(t, c.now.Sub(failed), firstBackoff-100*time.Millisecond)
}

func TestAFillThatFailedGoesElsewhereWhenTheWorkerMustLeave(t *testing.T) {
	c := newCluster(t, 64, 1, 2, 3)
	c.plan()
	c.setNodes(func(nodes []placement.Node) []placement.Node {
		nodes[0].State = placement.NodeDraining
		return nodes
	})
	first := c.plan()[0]
	c.take(first)
	c.plan()
	part := c.s.View.Partitions[first.Partition]
	c.take(placement.Change{Kind: placement.Drop, Partition: first.Partition, Epoch: part.Epoch, Asker: part.Primary, Node: first.Node})
	for _, ch := range c.plan() {
		if ch.Partition == first.Partition {
			require.Equal(t, placement.AddLearner, ch.Kind)
			require.NotEqual(t, first.Node, ch.Node)
			return
		}
	}
	t.Fatal("the partition waits on a draining worker")
}

func TestBackoffGrowsAndIsForgotten(t *testing.T) {
	b := newBackoff()
	now := epochZero
	idle, filling, inSync := conf(1, incs{1}), conf(2, incs{1}, 2), conf(4, incs{1, 2})
	e := placement.Epoch(10)
	see := func(p placement.Partition) {
		e++
		p.Epoch = e
		b.observe(view(t, idA, e, p), now)
	}
	fail := func() time.Duration {
		see(filling)
		see(idle)
		start := now
		for b.avoid(0, 2, now) {
			now = now.Add(firstBackoff / 10)
		}
		return now.Sub(start)
	}
	see(idle)
	require.False(t, b.avoid(0, 2, now))
	require.Equal(t, firstBackoff, fail())
	require.Equal(t, 2*firstBackoff, fail())
	require.Equal(t, 4*firstBackoff, fail())
	require.False(t, b.avoid(1, 2, now), "another partition")
	require.False(t, b.avoid(0, 3, now), "another worker")
	for range 10 {
		require.LessOrEqual(t, fail(), maxBackoff)
	}
	see(filling)
	see(inSync)
	require.Empty(t, b.pairs, "it worked")
	see(idle)
	require.Equal(t, firstBackoff, fail())
	now = now.Add(2 * maxBackoff)
	see(idle)
	require.Empty(t, b.pairs, "long ago")
}

func TestBackoffStartsAnewWithAnotherRegister(t *testing.T) {
	b := newBackoff()
	b.observe(view(t, idA, 9, conf(9, incs{1}, 2)), epochZero)
	b.observe(view(t, idB, 99, conf(10, incs{1})), epochZero)
	require.Empty(t, b.pairs)
}

// Right after a member has come or gone the target is that of before: a copy that is
// needed is not given up by it, or a drain beside the stop of another worker leaves
// one copy only.
func TestNoCopyIsGivenUpBeforeItsSuccessorIsKnown(t *testing.T) {
	s, err := register.Begin(register.Birth{Cluster: "test", Partitions: 16, Replicas: 2}, idA, live(1, 2))
	require.NoError(t, err)
	c := &cluster{t: t, p: newPlanner(4), s: s, live: live(1, 2), heard: reportsOf(idA, epochZero, 1, 2, 3, 4, 5), now: epochZero}
	require.Empty(t, c.plan())
	c.join(3)
	c.setNodes(func(nodes []placement.Node) []placement.Node {
		for i := range nodes {
			if nodes[i].Incarnation == 2 {
				nodes[i].State = placement.NodeDraining
			}
		}
		return nodes
	})
	for _, ch := range c.replan(false) {
		require.NotEqual(t, placement.Drop, ch.Kind, "%v", ch)
	}
	c.settle()
	require.Zero(t, c.owned(2))
	for _, conf := range c.s.View.Partitions {
		require.Len(t, conf.InSync, 2)
	}
}

// More weight than a ring takes does not stop the planning.
func TestAJoinOfTooMuchWeight(t *testing.T) {
	c := newCluster(t, 16, 1, 2)
	for n := inc(1); n <= 2; n++ {
		for range 17 {
			c.setNodes(func(nodes []placement.Node) []placement.Node {
				extra := node(inc(len(nodes) + 10))
				extra.Weight = placement.MaxWeight
				return append(nodes, extra)
			})
		}
	}
	for _, n := range c.s.View.Nodes {
		if n.Weight > 0 {
			c.live = append(c.live, n)
		}
	}
	c.plan()
	require.Len(t, c.p.target, 16)
}
