package master

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/membership"
	"pikv/placement"
)

func TestSilentNamesWhoIsMissing(t *testing.T) {
	heard := reportsOf(idA, epochZero, 1)
	heard[3] = follower(3, idB, epochZero)
	require.Equal(t, []string{"w2", "w3"}, silent(live(1, 2, 3), heard, func(r report) bool { return r.Follower(idA) }))
}

func TestWorkersOf(t *testing.T) {
	all := append(workers(1, 2), membership.Member{Name: "m", Role: membership.RoleMaster}, membership.Member{Name: "x", Role: "later"})
	require.Equal(t, workers(1, 2), workersOf(all))
	require.Equal(t, []placement.Node{node(1), node(2)}, liveOf(all))
	require.Equal(t, []membership.Member{{Name: "m", Role: membership.RoleMaster}}, rivalsOf(all, "own"))
	require.Empty(t, rivalsOf(all, "m"))
	door := worker(3)
	door.RESPAddr = "10.0.0.3:7379"
	require.Equal(t, "10.0.0.3:7379", nodeOf(door).RESPAddr)
	require.Equal(t, "10.0.0.3:7379", describe(nil, nil, []membership.Member{door}, nil, nil, time.Now())[0].RESP)
	require.Equal(t, placement.NodeActive, nodeOf(door).State)
	door.Spare = true
	require.Equal(t, placement.NodeSpare, nodeOf(door).State)
}

func TestQuiet(t *testing.T) {
	const settle = time.Second
	at := func(ms int) time.Time { return epochZero.Add(time.Duration(ms) * time.Millisecond) }
	q := newQuiet(at(0))
	require.False(t, q.observe(nil, at(999), settle))
	require.True(t, q.observe(nil, at(1000), settle))
	require.False(t, q.observe(workers(1), at(1100), settle))
	require.False(t, q.observe(workers(1, 2), at(2000), settle))
	require.False(t, q.observe(workers(1, 2), at(2999), settle))
	require.True(t, q.observe(workers(1, 2), at(3000), settle))
	// One that comes and goes for ever does not stop everything for ever.
	settled := -1
	for ms := 4000; ms < 40000 && settled < 0; ms += 500 {
		if q.observe(workers(1, inc(3+ms/500%2)), at(ms), settle) {
			settled = ms
		}
	}
	require.Equal(t, 4000+restlessFactor*1000, settled)
}

func TestNag(t *testing.T) {
	n := newNag()
	require.True(t, n.due("a", epochZero))
	require.False(t, n.due("a", epochZero.Add(nagEvery-1)))
	require.True(t, n.due("b", epochZero))
	require.True(t, n.due("a", epochZero.Add(nagEvery)))
	n.over("a")
	require.True(t, n.due("a", epochZero.Add(nagEvery)))
}
