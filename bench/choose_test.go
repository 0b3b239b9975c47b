package bench

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestChoiceIsRepeatable: number and seed alone decide.
func TestChoiceIsRepeatable(t *testing.T) {
	for _, d := range []Distribution{Uniform, Zipfian} {
		w := Workload{Keys: 100, ReadShare: 0.25, Seed: 3, ValueSize: 100, ValueMost: 199, Distribution: d}.withDefaults()
		c, again := newChooser(w), newChooser(w)
		reads, seen, sizes := 0, make(map[int]bool), make(map[int]bool)
		for n := range int64(10_000) {
			r := c.request(n)
			require.Equal(t, r, again.request(n))
			require.Less(t, r.key, 100)
			require.True(t, r.size >= 100 && r.size <= 199)
			seen[r.key], sizes[r.size] = true, true
			if r.op == opRead {
				reads++
			}
		}
		require.InDelta(t, 2500, reads, 150)
		require.Len(t, seen, 100)
		require.Len(t, sizes, 100)
		w.Seed = 4
		require.NotEqual(t, c.request(0), newChooser(w).request(0))
	}
}

// TestWhatWritesDo: update a key, read it first, or insert one.
func TestWhatWritesDo(t *testing.T) {
	w := Workload{Keys: 10}.withDefaults()
	require.Equal(t, opWrite, newChooser(w).request(0).op)
	w.Writes = ReadModifyWrite
	require.Equal(t, opReadModifyWrite, newChooser(w).request(0).op)
	w.Writes, w.Distribution = Insert, Latest
	c := newChooser(w)
	for n := range 5 {
		require.Equal(t, request{op: opWrite, key: 10 + n, new: true}, c.request(int64(n)))
	}
	require.Equal(t, 15, c.inserts.keys())
	c.w.ReadShare = 1
	require.Less(t, c.request(0).key, 10, "no insert is answered yet")
}

func TestALoadWritesEveryKeyOnce(t *testing.T) {
	c := newChooser(Workload{Keys: 10, ValueSize: 5}.withDefaults())
	for n := range int64(10) {
		require.Equal(t, request{op: opWrite, key: int(n), size: 5}, c.load(n))
	}
}
