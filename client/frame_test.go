package client

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
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
