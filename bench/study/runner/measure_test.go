package runner

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/bench/proc"
	"pikv/bench/study/stage"
)

// TestWhatOthersTook is what this process used when it is counted neither as the
// generator's nor as the store's.
func TestWhatOthersTook(t *testing.T) {
	busy := func(from proc.Steal) (ours time.Duration, to proc.Steal) {
		start, err := proc.CPU(os.Getpid())
		require.NoError(t, err)
		deadline := time.Now().Add(10 * time.Second)
		for to = from; to.TotalSince(from) < 2*shortest; { // reading is work enough
			if time.Now().After(deadline) {
				t.Skip("this system does not count the processors' time in /proc/stat")
			}
			to, err = proc.ReadSteal()
			require.NoError(t, err)
		}
		end, err := proc.CPU(os.Getpid())
		require.NoError(t, err)
		return end - start, to
	}
	begin, err := proc.ReadSteal()
	require.NoError(t, err)
	own, end := busy(begin)
	share := 100 * own.Seconds() / end.TotalSince(begin).Seconds()

	before, after := look{steal: begin}, look{steal: end}
	unaccounted := after.othersSince(before)
	require.Greater(t, unaccounted, 0.7*share)
	after.own = own / 2
	after.used = stage.Used{Master: own / 4, Workers: own / 4}
	require.InDelta(t, unaccounted-share, after.othersSince(before), 0.1*share)
	after.own = 10 * own
	require.Zero(t, after.othersSince(before), "clocks that disagree")

	require.Negative(t, look{steal: begin}.othersSince(before), "too short")
	after.unknown = errors.New("a node was lost")
	require.Negative(t, after.othersSince(before))
}
