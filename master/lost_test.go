package master

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/autoscale"
	"pikv/placement"
	"pikv/register"
	"pikv/wire"
)

// Both holders of some partitions are gone for good. The rest is repaired, and scaled
// out when its load passes a mark; nobody is let go, since what comes back with the
// operator's reset is not known, and that is said.
func TestLostPartitionsDoNotHoldUpTheRest(t *testing.T) {
	b := scalingOf(t, autoscale.On, 64, 5, 1)
	b.spread(2.8, 1<<20)
	b.obey(20 * time.Second)
	require.Empty(t, b.texts(eventScale))
	for _, n := range []inc{1, 2} {
		b.leave(n)
	}
	b.obey(2 * time.Second)
	b.buryAll(1, 2)
	for range 60 {
		b.spread(2.4, 1<<20)
		b.obey(time.Second)
	}
	status := b.front.status()
	require.Positive(t, status.Waiting)
	require.Zero(t, status.Degraded+status.Moving)
	require.Equal(t, "active", b.lines()["w6"], "%s", status.Scaling.Reason)
	for range 60 {
		b.spread(0.1, 1<<10)
		b.obey(time.Second)
	}
	texts := b.texts(eventScale)
	require.Equal(t, 4, active(b), "%q", texts)
	require.Len(t, texts, 2, "%q", texts)
	require.Contains(t, texts[1], "but not what comes back with the ")
	_, err := b.front.reset(t.Context(), wire.ResetRequest{AllLost: true})
	require.NoError(t, err)
	for range 90 {
		b.spread(0.1, 1<<10)
		b.obey(time.Second)
	}
	require.Equal(t, 2, active(b), "%s", b.front.status().Scaling.Reason)
}

// buryAll is bury of several: partitions that nobody else has stay as they are.
func (b *bench) buryAll(dead ...inc) {
	b.t.Helper()
	for _, n := range dead {
		var changes []placement.Change
		for p, conf := range b.inForce().Partitions {
			at, lives := -1, inc(0)
			for i, in := range conf.InSync {
				if in == n {
					at = i
				} else if b.workers[in] != nil {
					lives = in
				}
			}
			if at < 0 || lives == 0 {
				continue
			}
			c := placement.Change{Kind: placement.Drop, Partition: placement.PartitionID(p), Epoch: conf.Epoch, Asker: lives, Node: n}
			if conf.Primary == n {
				c.Kind, c.Node = placement.Replace, lives
			}
			changes = append(changes, c)
		}
		_, err := b.change(changes...)
		require.NoError(b.t, err)
	}
}

// What nobody holds does not keep primaries of the rest from being swapped.
func TestLostPartitionsDoNotHoldUpSwaps(t *testing.T) {
	b := scalingOf(t, autoscale.Off, 64, 5, 0)
	for _, n := range []inc{1, 2} {
		b.leave(n)
	}
	b.obey(2 * time.Second)
	b.buryAll(1, 2)
	b.obey(10 * time.Second)
	require.Positive(t, b.front.status().Waiting)
	require.Greater(t, b.heat("w3", 3), placement.SwapAbove)
	for range 120 {
		b.heat("w3", 3)
		b.obey(time.Second)
	}
	require.Len(t, b.texts(eventBalance), 1)
	require.LessOrEqual(t, b.heat("w3", 3), placement.SwapBelow+0.01)
	b.workers[4].mute = true // one that is alive and does not say what it has is waited for
	b.obey(5 * time.Second)
	_, _, all := requestsOf(b.inForce(), scene{now: b.now, live: liveOf(b.members), heard: b.loop.reports.snapshot()})
	require.False(t, all)
}

// What has no live copy for a moment is waited for, and so is what changes.
func TestALossIsWatchedForAWhile(t *testing.T) {
	var w lossWatch
	now := epochZero
	require.Zero(t, w.observe(0, now))
	require.Zero(t, w.observe(3, now))
	require.Zero(t, w.observe(3, now.Add(forsakenAfter-1)))
	require.Equal(t, 3, w.observe(3, now.Add(forsakenAfter)))
	now = now.Add(forsakenAfter)
	require.Zero(t, w.observe(4, now))
	require.Equal(t, 4, w.observe(4, now.Add(forsakenAfter)))
	require.Zero(t, w.observe(0, now.Add(2*forsakenAfter)))
}

// A spare that was being filled when both copies were lost never holds anything: nobody
// waits for it to be empty.
func TestALearnerOfTheLostIsNotUnderWay(t *testing.T) {
	v := view(t, idA, 9, conf(9, incs{1, 2}, 3), conf(9, incs{4, 5}))
	v.Replicas = 2
	v.Nodes[2].State = placement.NodeSpare
	s := scene{now: epochZero, state: &register.State{View: v}, live: live(3, 4, 5), heard: reportsOf(idA, epochZero, 3, 4, 5)}
	require.Empty(t, sceneOf(s, v).UnderWay)
	s.live = live(1, 3, 4, 5)
	require.Equal(t, []string{"w3"}, sceneOf(s, v).UnderWay)
}
