package client

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client/retry"
	"pikv/placement"
)

func TestCut(t *testing.T) {
	items := func(n int) []int {
		out := make([]int, n)
		for i := range out {
			out[i] = i
		}
		return out
	}
	sizes := func(frames [][]int) (out []int) {
		for _, f := range frames {
			out = append(out, len(f))
		}
		return out
	}
	small := func(int) int { return 10 }
	require.Equal(t, []int{1}, sizes(cut(items(1), small)))
	require.Equal(t, []int{frameItems}, sizes(cut(items(frameItems), small)))
	require.Equal(t, []int{frameItems, frameItems, 1}, sizes(cut(items(2*frameItems+1), small)))

	half := func(int) int { return frameBytes / 2 }
	require.Equal(t, []int{2, 2, 1}, sizes(cut(items(5), half)))

	huge := func(i int) int { return []int{1, 3 * frameBytes, 1, 1}[i] }
	require.Equal(t, []int{1, 1, 2}, sizes(cut(items(4), huge)), "an item over the size is alone")

	all := items(4321)
	require.Equal(t, all, slices.Concat(cut(all, half)...), "nothing is lost")
}

func TestLastOfEach(t *testing.T) {
	unique, same := lastOfEach([]string{"a", "b", "a", "c", "a", "b"})
	require.Equal(t, []int{3, 4, 5}, unique)
	require.Equal(t, map[int]int{0: 4, 1: 5, 2: 4}, same)
}

func TestSummary(t *testing.T) {
	errOf := func(err error) error { return err }
	boom, bang := errors.New("boom"), errors.New("bang")
	require.NoError(t, summary([]error{nil, nil}, errOf))
	require.Equal(t, boom, summary([]error{boom}, errOf))
	err := summary([]error{nil, boom, bang}, errOf)
	require.ErrorIs(t, err, boom)
	require.EqualError(t, err, "2 of 3 keys: boom")
}

// TestFrameMoved: a frame leaves its worker when all its items have other
// owners, not as soon as one has, and not for a view that is older than what
// redirected an item.
func TestFrameMoved(t *testing.T) {
	c := &Client{cfg: config{stall: time.Second}}
	c.table.Store(newTable(testView(), "m:1")) // 0 at a:1 since epoch 1, 1 at b:1 since epoch 4
	stays := retry.Hop{Addr: "a:1", Master: 9, Known: 1}
	b := &batch{
		c:          c,
		partitions: []placement.PartitionID{0, 1, 1},
		hops:       []retry.Hop{stays, {Addr: "a:1", Master: 9, Known: 1}, {Addr: "c:1", Master: 9, Known: 5, Tell: 5}},
	}
	const long = frameStalls * time.Second
	for _, f := range []struct {
		frame      []int
		soon, late bool
	}{
		{[]int{0}, false, false},
		{[]int{1}, true, true},
		{[]int{0, 1}, false, true},
		{[]int{2}, false, false},
	} {
		moved := b.frameMoved(f.frame)
		require.Equal(t, f.soon, moved(long-1), f.frame)
		require.Equal(t, f.late, moved(long), f.frame)
	}
	c.cfg.proxy = true
	require.True(t, b.frameMoved([]int{0})(0), "the master has another address")
}
