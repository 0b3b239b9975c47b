package retry

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWindowKnowsTheLowestUnfinished(t *testing.T) {
	var w Window
	require.EqualValues(t, 1, w.Finished())
	for want := uint64(1); want <= 3; want++ {
		seq, _, ok := w.Begin(1)
		require.True(t, ok)
		require.Equal(t, want, seq)
	}
	w.Finish(2)
	require.EqualValues(t, 1, w.Finished())
	w.Finish(1)
	require.EqualValues(t, 3, w.Finished())
	first, _, ok := w.Begin(5)
	require.True(t, ok)
	require.EqualValues(t, 4, first)
	w.Finish(3)
	require.EqualValues(t, 4, w.Finished())
	for seq := first; seq < first+5; seq++ {
		w.Finish(seq)
	}
	require.EqualValues(t, 9, w.Finished())
	require.Nil(t, w.open, "an idle window takes no memory")
}

func TestWindowIsBounded(t *testing.T) {
	var w Window
	first, _, ok := w.Begin(MostUnfinished)
	require.True(t, ok)
	_, room, ok := w.Begin(1)
	require.False(t, ok)
	select {
	case <-room:
		t.Fatal("there is no room yet")
	default:
	}
	w.Finish(first + 7)
	<-room
	seq, _, ok := w.Begin(1)
	require.True(t, ok)
	require.EqualValues(t, first+MostUnfinished, seq)
}

// Whatever the order: no number comes twice, and none that is unfinished is
// below Finished.
func TestWindowProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w Window
		var open []uint64
		last := uint64(0)
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			if len(open) == 0 || rapid.Bool().Draw(t, "begin") {
				n := rapid.IntRange(1, 4).Draw(t, "n")
				seq, _, _ := w.Begin(n)
				if seq != last+1 {
					t.Fatalf("%d follows %d", seq, last)
				}
				for range n {
					last++
					open = append(open, last)
				}
			} else {
				i := rapid.IntRange(0, len(open)-1).Draw(t, "which")
				w.Finish(open[i])
				open = slices.Delete(open, i, i+1)
			}
			lowest := last + 1
			if len(open) > 0 {
				lowest = slices.Min(open)
			}
			if w.Finished() != lowest {
				t.Fatalf("finished below %d, lowest open is %d", w.Finished(), lowest)
			}
		}
	})
}

func TestWindowIsSafeForConcurrentUse(t *testing.T) {
	var w Window
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				seq, _, _ := w.Begin(1)
				if w.Finished() > seq {
					t.Error("an unfinished write is called finished")
				}
				w.Finish(seq)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 8001, w.Finished())
}
