package worker

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// send sends pieces of a size for a while, whenever that is allowed, and looks
// every so often.
func (a *allowance) send(piece int, look, period time.Duration) (sent int) {
	for began := time.Now(); time.Since(began) < period; time.Sleep(look) {
		for a.any() {
			a.spend(piece)
			sent += piece
		}
	}
	return sent
}

func TestAllowance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate = 1 << 20
		var a allowance
		a.set(rate)
		for _, look := range []time.Duration{time.Millisecond, 7 * time.Millisecond, 40 * time.Millisecond} {
			sent := a.send(16<<10, look, 10*time.Second)
			require.InDelta(t, 10*rate, sent, 16<<10+rate/20, "by one who looks every %v", look)
		}
		time.Sleep(time.Hour)
		require.LessOrEqual(t, a.send(1<<10, time.Millisecond, time.Millisecond), rate/20+1<<10, "idleness does not add up")
		time.Sleep(time.Second)
		a.spend(4 << 20)
		time.Sleep(3900 * time.Millisecond)
		require.False(t, a.any(), "a large value is made up for")
		time.Sleep(200 * time.Millisecond)
		require.True(t, a.any())

		time.Sleep(time.Second)
		a.set(rate / 8)
		require.LessOrEqual(t, a.send(1<<10, time.Millisecond, time.Millisecond), rate/160+1<<10, "what a faster rate brought")
	})
	var unlimited allowance
	unlimited.spend(1 << 30)
	require.True(t, unlimited.any())
}
