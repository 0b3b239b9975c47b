package master

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"pikv/autoscale"
	"pikv/placement"
	"pikv/wire"
)

// none is no partition of these tests.
const none = placement.PartitionID(60000)

// obeyBut is obey with workers at which fills fail: a learner that is bad is dropped after a try of two
// seconds by whoever fills it.
func (b *bench) obeyBut(d time.Duration, tries map[placement.PartitionID]time.Time, bad func(placement.PartitionID, inc) bool) {
	b.t.Helper()
	for end := b.now.Add(d); b.now.Before(end); {
		b.run(100 * time.Millisecond)
		var changes []placement.Change
		for n := range b.workers {
			changes = append(changes, b.suggested(n)...)
		}
		for p, conf := range b.inForce().Partitions {
			id := placement.PartitionID(p)
			for _, l := range conf.Learners {
				c := placement.Change{Kind: placement.Promote, Partition: id, Epoch: conf.Epoch, Asker: conf.Primary, Node: l}
				if bad(id, l) {
					if tries[id].IsZero() {
						tries[id] = b.now
					}
					if b.now.Sub(tries[id]) < 2*time.Second {
						continue
					}
					c.Kind = placement.Drop
					delete(tries, id)
				}
				changes = append(changes, c)
			}
		}
		if len(changes) > 0 {
			_, err := b.change(changes...)
			require.NoError(b.t, err)
		}
	}
}

// At one worker one partition fails whenever it is tried: it is larger than others, or the link
// flaps. It has its copies elsewhere, so that nobody lacks room; and still the load calls for
// spares, and none is let go.
func TestAFillThatKeepsFailingStopsNoScaling(t *testing.T) {
	b := scalingOf(t, autoscale.On, 64, 3, 2)
	b.spread(0.1, 1<<10)
	tries := make(map[placement.PartitionID]time.Time)
	b.obeyBut(5*time.Second, tries, func(placement.PartitionID, inc) bool { return false })
	// w4 is activated by hand, and one partition that it is to have fails there.
	_, err := b.front.activate(t.Context(), "w4")
	require.NoError(t, err)
	failing := none
	bad := func(id placement.PartitionID, to inc) bool {
		if failing == none && to == 4 {
			failing = id
		}
		return to == 4 && id == failing
	}
	b.spread(0.1, 1<<10)
	b.obeyBut(90*time.Second, tries, bad)
	require.EqualValues(t, 4, active(b))
	require.Empty(t, b.texts(eventScale), "nobody is let go: that would be to move what fails about")
	require.Regexp(t, `^copies keep failing at w4, and none is let go meanwhile$`, b.front.status().Scaling.Reason)
	require.Len(t, b.texts(eventFill), 1)
	require.Regexp(t, `^a copy of partition \d+ fails at w4 whenever it is tried`, b.texts(eventFill)[0])
	began := b.now
	for active(b) < 5 && b.now.Sub(began) < time.Minute {
		b.spread(3.6, 1<<10)
		b.obeyBut(time.Second, tries, bad)
	}
	require.Len(t, b.texts(eventScale), 1, "%s", b.front.status().Scaling.Reason)
	require.Regexp(t, `^w5 is activated: mean CPU \d+ % of 4 workers passed the high mark 65 %`, b.texts(eventScale)[0])
}

// A spare cannot be emptied, since copies that leave it fail wherever they are tried, though nobody's
// memory looks full: that is want of room, which another spare has.
func TestADrainThatKeepsFailingHasAnotherSpare(t *testing.T) {
	b := scalingOf(t, autoscale.On, 16, 3, 1)
	tries := make(map[placement.PartitionID]time.Time)
	b.weigh(10<<10, nil)
	b.obeyBut(5*time.Second, tries, func(placement.PartitionID, inc) bool { return false })
	b.use(0.5)
	_, err := b.front.spare(t.Context(), wire.DrainRequest{Node: "w3"})
	require.NoError(t, err)
	var large placement.PartitionID // one that w3 holds and w1 does not
	for p, conf := range b.inForce().Partitions {
		if !slices.Contains(conf.InSync, 1) {
			large = placement.PartitionID(p)
		}
	}
	bad := func(id placement.PartitionID, to inc) bool { return id == large && to != 4 }
	for began := b.now; len(b.texts(eventScale)) == 0 && b.now.Sub(began) < 2*time.Minute; {
		b.use(0.5)
		b.obeyBut(100*time.Millisecond, tries, bad)
	}
	require.NotEmpty(t, b.texts(eventScale), "%s", b.front.status().Scaling.Reason)
	require.Regexp(t, `^w[34] is activated: copies find no room, w\d uses 50 % of its memory`, b.texts(eventScale)[0])
	b.obeyBut(2*time.Second, tries, bad) // until who fails has reported what is free
	require.NotEmpty(t, b.texts(eventFill))
}

// use has every worker use that share of its memory.
func (b *bench) use(share float64) {
	for n, w := range b.workers {
		w.used = int64(share * float64(node(n).Capacity))
	}
}

// What is told of a worker at which copies fail says whether it lacks room, and is told once.
func TestWhoLacksRoomIsTold(t *testing.T) {
	c := newPairs(t, 64, 1, 2, 3)
	c.plan()
	c.join(4)
	events := newEvents(zap.NewNop(), func() time.Time { return c.now })
	w := newFailWatch(events)
	var key pair
	for _, ch := range c.plan() {
		if ch.Kind == placement.AddLearner && ch.Node == 4 {
			key = pair{ch.Partition, 4}
		}
	}
	require.NotZero(t, key.target)
	c.use(4, node(4).Capacity/2)
	failures := 0
	for range 3000 { // five minutes
		for _, ch := range c.plan() {
			if ch.Kind == placement.AddLearner && ch.Node == 4 && ch.Partition == key.partition {
				require.Equal(t, failures >= stubborn, len(c.p.failing) == 1, "%d failures", failures)
				c.take(ch)
				r := c.heard[ch.Asker]
				r.moves = []move{{id: ch.Partition, to: 4, total: 700 << 10}}
				c.heard[ch.Asker] = r
				c.plan()
				conf := c.s.View.Partitions[key.partition]
				c.take(placement.Change{Kind: placement.Drop, Partition: key.partition, Epoch: conf.Epoch, Asker: conf.Primary, Node: 4})
				failures++
			}
		}
		w.observe(scene{heard: c.heard, now: c.now}, c.s.View, c.p)
	}
	require.Greater(t, failures, stubborn)
	list, _ := events.after(0)
	require.Len(t, list, 1)
	require.Regexp(t, `^w4 lacks room for a copy of partition \d+: it takes 700 KiB, and 512 KiB are free`, list[0].Text)
}
