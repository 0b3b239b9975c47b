package master

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/register"
)

// newPairs is newCluster with two copies of everything.
func newPairs(t *testing.T, partitions int, ns ...inc) *cluster {
	s, err := register.Begin(register.Birth{Cluster: "test", Partitions: partitions, Replicas: 2}, idA, live(ns...))
	require.NoError(t, err)
	return &cluster{t: t, p: newPlanner(4), s: s, live: live(ns...), heard: reportsOf(idA, epochZero, 1, 2, 3, 4, 5), now: epochZero}
}

// use has worker n use so many bytes.
func (c *cluster) use(n inc, bytes int64) {
	r := c.heard[n]
	r.used = bytes
	c.heard[n] = r
}

// spare makes a spare of worker n.
func (c *cluster) spare(n inc) {
	c.setNodes(func(nodes []placement.Node) []placement.Node {
		for i := range nodes {
			if nodes[i].Incarnation == n {
				nodes[i].State = placement.NodeSpare
			}
		}
		return nodes
	})
}

// What a worker uses is all its copies, not only what it leads.
func TestAPartitionIsAsLargeAsACopy(t *testing.T) {
	c := newPairs(t, 64, 1, 2, 3)
	held := c.owned(1)
	c.use(1, int64(held)*1000)
	r := newRoom(c.s.View, c.heard)
	for p, conf := range c.s.View.Partitions {
		if conf.Primary == 1 {
			require.EqualValues(t, 1000, r.expected(placement.PartitionID(p)))
		}
	}
}

// The partitions that want a full worker keep none of those waiting that want another.
func TestAFullWorkerStarvesNobody(t *testing.T) {
	c := newCluster(t, 64, 1)
	c.plan()
	c.join(2)
	c.join(3)
	c.use(1, 64*1000)
	c.use(2, node(2).Capacity)
	c.settle()
	wants := map[string]int{}
	for _, row := range c.p.target {
		wants[row[0]]++
	}
	require.Positive(t, wants["w2"])
	require.Equal(t, wants["w3"], c.owned(3))
	require.Zero(t, c.owned(2))
	require.Equal(t, wants["w2"], c.p.noRoom)
	require.Zero(t, c.p.pressing, "they have all copies, where they may stay")
}

// One full worker of those that stay keeps nobody from leaving: copies go to others,
// those of which the one that leaves is only the backup, too.
func TestWhoLeavesPassesByTheFull(t *testing.T) {
	c := newPairs(t, 64, 1, 2, 3, 4)
	c.plan()
	for n := inc(1); n <= 4; n++ {
		c.use(n, int64(c.owned(n))*1000)
	}
	c.use(1, node(1).Capacity)
	before := c.owned(1)
	c.spare(4)
	c.settle()
	require.Zero(t, c.owned(4))
	require.LessOrEqual(t, c.owned(1), before)
	require.Zero(t, c.p.pressing)
	for _, conf := range c.s.View.Partitions {
		require.Len(t, conf.InSync, 2)
	}
	// When there is room again everything goes where the ring wants it.
	c.use(1, 0)
	c.settle()
	for p, row := range c.p.target {
		owner, _ := c.s.View.Owner(placement.PartitionID(p))
		require.Equal(t, row[0], owner.Name)
	}
}

// A fill at another worker goes on when the first choice has room again: else it would
// begin anew with every byte that comes or goes there.
func TestAFillElsewhereGoesOn(t *testing.T) {
	c := newPairs(t, 64, 1, 2, 3, 4)
	c.plan()
	for n := inc(1); n <= 4; n++ {
		c.use(n, int64(c.owned(n))*1000)
	}
	c.use(1, node(1).Capacity)
	c.spare(4)
	var elsewhere []placement.Change
	for _, ch := range c.plan() {
		if row := c.p.target[ch.Partition]; ch.Kind == placement.AddLearner && (row[0] == "w1" || row[1] == "w1") && !c.s.View.Holds(ch.Partition, 1) {
			elsewhere = append(elsewhere, ch)
		}
	}
	require.NotEmpty(t, elsewhere)
	c.take(elsewhere...)
	c.use(1, 0)
	for _, ch := range c.plan() {
		for _, e := range elsewhere {
			require.NotEqual(t, e.Partition, ch.Partition, "%+v", ch)
		}
	}
}

// A partition that is larger than others fits by what is known, and its fill fails: at a
// worker that is nearly full that is want of room, too.
func TestAFillThatFailsAtAFullWorkerFoundNoRoom(t *testing.T) {
	c := newPairs(t, 64, 1, 2, 3)
	c.plan()
	c.spare(3)
	c.settleBut(placement.AddLearner) // what it led is handed over
	for _, memory := range []int64{50, 90} {
		for n := inc(1); n <= 3; n++ {
			c.use(n, memory*node(n).Capacity/100)
		}
		changes := c.plan()
		require.NotEmpty(t, changes)
		require.Zero(t, c.p.pressing)
		large := changes[0]
		c.take(large)
		c.plan()
		part := c.s.View.Partitions[large.Partition]
		c.take(placement.Change{Kind: placement.Drop, Partition: large.Partition, Epoch: part.Epoch, Asker: part.Primary, Node: large.Node})
		for _, ch := range c.plan() {
			require.NotEqual(t, large.Partition, ch.Partition)
		}
		require.Equal(t, memory == 90, c.p.pressing == 1, "%d at %d %%", c.p.pressing, memory)
		c.now = c.now.Add(time.Minute)
	}
}

// settleBut follows the plan's steps of other kinds.
func (c *cluster) settleBut(kind placement.ChangeKind) {
	c.t.Helper()
	for range 1000 {
		changes := slices.DeleteFunc(c.plan(), func(ch placement.Change) bool { return ch.Kind == kind })
		if len(changes) == 0 {
			return
		}
		c.take(changes...)
	}
	c.t.Fatal("the plan never ends")
}

// Where there is no room at all it is known which copies cannot wait.
func TestCopiesWithoutRoomAreCounted(t *testing.T) {
	c := newPairs(t, 64, 1, 2, 3)
	c.plan()
	for n := inc(1); n <= 3; n++ {
		c.use(n, node(n).Capacity)
	}
	c.spare(3)
	c.settle() // what it led is handed over
	require.Positive(t, c.owned(3))
	require.False(t, c.p.fills())
	require.Equal(t, c.owned(3), c.p.pressing)
	require.Equal(t, c.owned(3), c.p.noRoom)
}
