package master

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/autoscale"
	"pikv/wire"
)

// weigh has every worker use so many bytes for each copy that it has in sync, and rest
// beside them.
func (b *bench) weigh(copy int64, rest map[inc]int64) {
	for n, w := range b.workers {
		w.used, w.load = rest[n], wire.Load{CPUs: 1}
	}
	for _, conf := range b.inForce().Partitions {
		for _, n := range conf.InSync {
			if w := b.workers[n]; w != nil {
				w.used += copy
			}
		}
	}
}

// draining returns the spare that is not empty yet, "" for none.
func draining(b *bench) string {
	for name, state := range b.lines() {
		if state == "draining" {
			return name
		}
	}
	return ""
}

// A worker becomes a spare; while it drains clients fill the others, so that the rest of
// what it has fits nowhere. It is called back: copies that stay where they are keep everything
// in sync, and nothing else would ever happen.
func TestASpareWithoutRoomIsCalledBack(t *testing.T) {
	b := scaling(t, autoscale.On)
	_, err := b.front.activate(t.Context(), "w3")
	require.NoError(t, err)
	for draining(b) == "" {
		b.weigh(1<<10, nil)
		if b.obey(100 * time.Millisecond); b.now.Sub(epochZero) > 5*time.Minute {
			t.Fatalf("nobody becomes a spare: %s", b.front.status().Scaling.Reason)
		}
	}
	leaving := draining(b)
	require.Equal(t, "w3", leaving)
	began := b.now
	full := map[inc]int64{1: 1<<20 - 64<<10, 2: 1<<20 - 64<<10}
	for draining(b) != "" && b.now.Sub(began) < 5*time.Minute {
		b.weigh(1<<10, full)
		b.obey(100 * time.Millisecond)
	}
	status := b.front.status()
	require.Equal(t, "active", b.lines()[leaving], "%s", status.Scaling.Reason)
	require.GreaterOrEqual(t, b.now.Sub(began), 10*time.Second, "one step a cool-down")
	require.Less(t, b.now.Sub(began), 15*time.Second)
	for active(b) < 4 && b.now.Sub(began) < time.Minute { // the pressure stays: there is another one
		b.weigh(1<<10, full)
		b.obey(100 * time.Millisecond)
	}
	texts := b.texts(eventScale)
	require.Len(t, texts, 3, "%q", texts)
	require.Regexp(t, `^w3 is activated: w[12] uses \d+ % of its memory, pressure is from 85 % on$`, texts[1])
	require.Regexp(t, `^w4 is activated: `, texts[2])
}

// A dead worker's copies find no room though nobody is under pressure: partitions are few and
// large. A spare is activated for them.
func TestASpareMakesRoomForLargePartitions(t *testing.T) {
	b := scalingOf(t, autoscale.On, 4, 3, 1)
	b.weigh(1, nil)
	b.obey(5 * time.Second)
	b.leave(1)
	b.bury(1)
	const large = 150 << 10
	rest := make(map[inc]int64) // so that those that stay use 82 %
	b.weigh(large, nil)
	for _, n := range []inc{2, 3} {
		rest[n] = 82*(1<<20)/100 - b.workers[n].used
		require.Positive(t, rest[n])
	}
	pass := func() {
		b.weigh(large, rest)
		b.obey(100 * time.Millisecond)
	}
	for began := b.now; len(b.texts(eventScale)) == 0 && b.now.Sub(began) < time.Minute; {
		pass()
	}
	require.Len(t, b.texts(eventScale), 1, "%s", b.front.status().Scaling.Reason)
	require.Regexp(t, `^w4 is activated: copies find no room, w[23] uses 82 % of its memory$`, b.texts(eventScale)[0])
	for range 100 {
		pass()
	}
	status := b.front.status()
	require.Equal(t, status.Partitions, status.Synced, "%s", status.Scaling.Reason)
}

// A worker that is to be drained leaves fewer than --min-workers, and what it has finds no room. The spare
// that is activated when everything is in order would never be.
func TestADrainWithoutRoomHasASpareBelowMinWorkers(t *testing.T) {
	b := scalingOf(t, autoscale.On, 4, 3, 1)
	b.loop.scaler.policy.MinWorkers = 3
	b.weigh(1, nil)
	b.obey(5 * time.Second)
	const large = 150 << 10
	rest := make(map[inc]int64) // so that those that are there use 82 %
	b.weigh(large, nil)
	for n := range inc(3) {
		rest[n+1] = 82*(1<<20)/100 - b.workers[n+1].used
		require.Positive(t, rest[n+1])
	}
	_, err := b.front.drain(t.Context(), wire.DrainRequest{Node: "w3"})
	require.NoError(t, err)
	left := func() (n int) {
		for _, conf := range b.inForce().Partitions {
			if slices.Contains(conf.InSync, 3) {
				n++
			}
		}
		return n
	}
	for began := b.now; left() > 0 && b.now.Sub(began) < time.Minute; {
		b.weigh(large, rest)
		b.obey(100 * time.Millisecond)
	}
	require.Zero(t, left(), "%s", b.front.status().Scaling.Reason)
	texts := b.texts(eventScale)
	require.Len(t, texts, 1, "%q", texts)
	require.Equal(t, "w4 is activated: 2 workers active, fewer than --min-workers 3, and copies find no room", texts[0])
}

// One worker that gossip sees and that does not report keeps no other from being relieved.
func TestASilentWorkerKeepsNobodyUnderPressure(t *testing.T) {
	b := scaling(t, autoscale.On)
	b.weigh(1<<10, nil)
	b.obey(5 * time.Second)
	b.workers[2].mute = true
	for began := b.now; len(b.texts(eventScale)) == 0 && b.now.Sub(began) < time.Minute; {
		b.weigh(1<<10, map[inc]int64{1: 86*(1<<20)/100 - 64<<10})
		b.obey(100 * time.Millisecond)
	}
	texts := b.texts(eventScale)
	require.Len(t, texts, 1, "%s", b.front.status().Scaling.Reason)
	require.Regexp(t, `^w3 is activated: w1 uses 86 % of its memory, pressure is from 85 % on`, texts[0])
}
