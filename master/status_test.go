package master

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/register"
	"pikv/wire"
)

// counted returns how many partitions a status counts, in whatever state.
func counted(s wire.StatusReply) int {
	return s.Synced + s.Degraded + s.Moving + s.Waiting + s.Lost
}

// Whatever the view, gossip and reports say, each partition is counted once,
// and the cluster is synced exactly when all its partitions are.
func TestEveryPartitionIsCountedOnce(t *testing.T) {
	seen := [conditions]int{}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 11))
		some := func() (out incs) {
			for n := inc(1); n <= 5; n++ {
				if r.IntN(2) == 0 {
					out = append(out, n)
				}
			}
			return out
		}
		var parts []placement.Partition
		for range 32 {
			inSync, learners := some(), incs{}
			if len(inSync) == 0 {
				inSync = incs{inc(1 + r.IntN(5))}
			}
			if n := inc(1 + r.IntN(5)); r.IntN(3) == 0 && !slices.Contains(inSync, n) {
				learners = incs{n}
			}
			c := conf(9, inSync[:min(len(inSync), placement.MaxReplicas)], learners...)
			c.Primary = c.InSync[r.IntN(len(c.InSync))]
			parts = append(parts, c)
		}
		v := view(t, idA, 9, parts...)
		v.Replicas = 1 + r.IntN(3)
		s := &register.State{View: v}
		for p := range parts {
			if r.IntN(8) == 0 {
				s.Frozen = append(s.Frozen, frozenIn(v, placement.PartitionID(p), 1))
			}
		}
		b := newBench(t, s)
		b.loop.open.Store(true)
		for n := inc(1); n <= 5; n++ {
			switch r.IntN(4) { // alive, or back without what it held, or dead, or dead but reporting
			case 0:
				b.members = append(b.members, worker(n))
			case 1:
				b.members = append(b.members, restarted(n))
				continue
			case 2:
				continue
			}
			rep := follower(n, idA, b.now)
			for range r.IntN(4) {
				rep.waiting = append(rep.waiting, wait{id: placement.PartitionID(r.IntN(40)), on: inc(r.IntN(7)), why: "it waits"})
			}
			_, err := b.front.reports.record(rep)
			require.NoError(t, err)
		}
		if r.IntN(4) > 0 { // the loop has planned
			b.front.planner.suggested.Store(&suggestions{of: placement.ActiveMembers(register.Ready(v, liveOf(b.members)))})
		}
		status := b.front.status()
		require.Equal(t, len(v.Partitions), status.Partitions)
		require.Equal(t, status.Partitions, counted(status), "seed %d", seed)
		require.Equal(t, len(s.Frozen), status.Frozen)
		require.Equal(t, status.Synced == status.Partitions, status.SyncedMS >= 0)
		listed := 0
		for _, p := range status.Problems {
			if p.State != "frozen" {
				listed++
			}
		}
		require.Equal(t, status.Waiting+status.Lost+status.Degraded, listed, "seed %d", seed)
		for i, n := range []int{status.Synced, status.Degraded, status.Moving, status.Waiting, status.Lost} {
			seen[i] += n
		}
	}
	for c, n := range seen {
		require.Positive(t, n, "no partition was ever %s", condition(c))
	}
}

// A worker dies, its backup takes over, a learner is filled and promoted: the
// status tells each step, and the counts always add up.
func TestStatusThroughATakeOver(t *testing.T) {
	var parts []placement.Partition
	for range 8 {
		parts = append(parts, conf(9, incs{1, 2}))
	}
	v := view(t, idA, 9, parts...)
	v.Replicas = 2
	v.Nodes = v.Nodes[:3]
	b := serving(t, &register.State{View: v}, nil, 1, 2, 3)
	look := func() wire.StatusReply {
		t.Helper()
		s := b.front.status()
		require.Equal(t, 8, counted(s))
		return s
	}

	b.leave(1) // gossip has noticed, w2 has not asked yet
	b.run(100 * time.Millisecond)
	s := look()
	require.Equal(t, 8, s.Waiting)
	require.Equal(t, "w1", s.Problems[0].For)
	require.Equal(t, "w1", s.Problems[0].Primary)
	require.Equal(t, []string{"w1", "w2"}, s.Problems[0].InSync)
	require.Equal(t, int64(-1), s.SyncedMS)
	require.Positive(t, s.UnsyncedMS)

	var replace []placement.Change
	for p := range placement.PartitionID(3) {
		replace = append(replace, placement.Change{Kind: placement.Replace, Partition: p, Epoch: 9, Asker: 2, Node: 2})
	}
	_, err := b.change(replace...)
	require.NoError(t, err)
	s = look()
	require.Equal(t, []int{5, 3}, []int{s.Waiting, s.Degraded}, "three have been taken over")
	for p := range placement.PartitionID(5) {
		_, err = b.change(placement.Change{Kind: placement.Replace, Partition: 3 + p, Epoch: 9, Asker: 2, Node: 2})
		require.NoError(t, err)
	}
	require.Equal(t, 8, look().Degraded)

	b.run(100 * time.Millisecond) // learners are suggested without waiting for the membership to settle
	adds := b.suggested(2)
	require.Len(t, adds, 8)
	texts, err := b.change(adds...)
	require.NoError(t, err)
	require.Equal(t, make([]string, 8), texts)
	require.Equal(t, 8, look().Moving)
	unsynced := look().UnsyncedMS

	for p, c := range b.inForce().Partitions {
		_, err = b.change(placement.Change{Kind: placement.Promote, Partition: placement.PartitionID(p), Epoch: c.Epoch, Asker: 2, Node: 3})
		require.NoError(t, err)
		s = look()
		require.Equal(t, []int{0, 0}, []int{s.Degraded, s.Waiting})
		require.LessOrEqual(t, s.Synced, p+1)
		require.GreaterOrEqual(t, s.UnsyncedMS, unsynced)
	}
	for rounds := 0; rounds < 20 && look().Moving > 0; rounds++ { // primaries go where the ring wants them
		for _, n := range (incs{2, 3}) {
			_, err = b.change(b.suggested(n)...)
			require.NoError(t, err)
		}
		b.run(200 * time.Millisecond)
	}
	b.run(time.Second)
	s = look()
	require.Equal(t, 8, s.Synced)
	require.Empty(t, s.Problems)
	require.GreaterOrEqual(t, s.SyncedMS, int64(900))
	require.Zero(t, s.UnsyncedMS)
}
