package master

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/membership"
	"pikv/placement"
	"pikv/register"
)

// restarted is the member of worker(n) after a restart.
func restarted(n inc) membership.Member {
	m := worker(n)
	m.Incarnation += 50
	return m
}

// Each partition is in exactly one condition, the worst that fits.
func TestHealth(t *testing.T) {
	v := view(t, idA, 9,
		conf(9, incs{1, 2}),                                           // synced
		conf(9, incs{1, 2}),                                           // a step is due
		conf(9, incs{1}, 2), conf(9, incs{1, 2, 5}), conf(9, incs{1}), // filling, one too many, one too few
		conf(9, incs{1, 4}),                   // a dead backup, not dropped yet
		conf(9, incs{4, 1}),                   // w1 can take over
		conf(9, incs{4}), conf(9, incs{3, 4}), // only w4 can help
		conf(9, incs{3}),                         // w3 is back empty
		conf(9, incs{2, 1}), conf(9, incs{5, 1}), // stuck
		conf(9, incs{5, 2}), conf(9, incs{5, 2}), conf(9, incs{5, 2}), conf(9, incs{5, 2}),
	)
	v.Replicas = 2
	s := &register.State{View: v, Frozen: []register.Frozen{frozenIn(v, 12, 5)}}
	heard := reportsOf(idA, epochZero, 1, 2)
	w2, w5 := heard[2], follower(5, idB, epochZero)
	w2.waiting = []wait{{10, 1, "no lease"}, {0, 1, "of what it is not primary of"}, {999, 1, "of nothing"}}
	w5.waiting = []wait{{11, 77, "out of memory"}}
	heard[2], heard[5] = w2, w5
	h := healthOf(sights{
		state: s, live: liveOf(append(workers(1, 2, 5), restarted(3))), heard: heard, now: epochZero,
		planned: func(p placement.PartitionID) bool { return p == 1 || p == 4 },
	})
	require.Equal(t, [conditions]int{synced: 5, degraded: 2, moving: 3, waiting: 5, lost: 1}, h.count)
	require.False(t, h.synced())
	var lines []string
	for _, p := range h.describe(v) {
		lines = append(lines, fmt.Sprintf("%d %s primary %s in sync %v for %q", p.Partition, p.State, p.Primary, p.InSync, p.For))
		require.NotEmpty(t, p.Why)
	}
	require.Equal(t, []string{
		`6 waiting primary w4 in sync [w1 w4] for "w4"`,
		`7 waiting primary w4 in sync [w4] for "w4"`,
		`8 waiting primary w3 in sync [w3 w4] for "w3, w4"`,
		`10 waiting primary w2 in sync [w1 w2] for "w1"`,
		`11 waiting primary w5 in sync [w1 w5] for ""`,
		`9 lost primary w3 in sync [w3] for ""`,
		`4 degraded primary w1 in sync [w1] for ""`,
		`5 degraded primary w1 in sync [w1 w4] for "w4"`,
		`12 frozen primary w5 in sync [w2 w5] for "w5"`,
	}, lines)
}

func TestProblemsAreBounded(t *testing.T) {
	var parts []placement.Partition
	for range 256 {
		parts = append(parts, conf(9, incs{4}))
	}
	h := healthOf(sights{state: &register.State{View: view(t, idA, 9, parts...)}, live: live(1), now: epochZero})
	require.Equal(t, 256, h.count[waiting])
	require.Len(t, h.problems, 64)
	require.Less(t, testing.AllocsPerRun(1, func() {
		healthOf(sights{state: &register.State{View: view(t, idA, 9, parts...)}, live: live(1), now: epochZero})
	}), 100_000.0)
}

func TestASyncedClusterIsSynced(t *testing.T) {
	s := &register.State{View: view(t, idA, 9, conf(9, incs{1}), conf(9, incs{2}))}
	h := healthOf(sights{state: s, live: live(1, 2), now: epochZero})
	require.True(t, h.synced())
	require.Empty(t, h.problems)
}
