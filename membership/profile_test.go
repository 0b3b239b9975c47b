package membership

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// worstDetection is how long a death may stay unnoticed in a cluster of n
// nodes: a probe that begins late and fails, and nobody to confirm it.
func worstDetection(t timing, n int) time.Duration {
	scale := math.Max(1, math.Log10(float64(n)))
	suspicion := time.Duration(float64(t.suspicion) * scale * float64(t.probeInterval))
	return 2*t.probeInterval + time.Duration(t.suspicionMax)*suspicion
}

func TestProfilesFit(t *testing.T) {
	for name, p := range profiles {
		require.Less(t, p.probeTimeout, p.probeInterval, name)
		require.LessOrEqual(t, p.gossipInterval, p.probeInterval, name) // at most: news then leave with each probe
		require.Less(t, p.reclaim, worstDetection(p, 3), name)
		require.Less(t, p.retryMin, p.retryMax, name)
		n := 100
		if name == ProfileLocal {
			n = 10
		}
		require.Greater(t, p.nameWait, worstDetection(p, n), "%s: a newcomer gives up before its namesake's death is noticed", name)
		require.Greater(t, p.gossipToTheDead, p.probeInterval*time.Duration(p.suspicion), name)
		c := p.config()
		require.Equal(t, p.reclaim, c.DeadNodeReclaimTime)
		require.False(t, c.EnableCompression)
	}
}

// The measured row that the promise of the default profile rests on.
func TestLANProfileIsTheMeasuredOne(t *testing.T) {
	c := profiles[ProfileLAN].config()
	require.Equal(t, 250*time.Millisecond, c.ProbeInterval)
	require.Equal(t, 200*time.Millisecond, c.ProbeTimeout)
	require.Equal(t, 4, c.SuspicionMult)
	require.Equal(t, 2, c.SuspicionMaxTimeoutMult)
	require.Equal(t, 250*time.Millisecond, c.GossipInterval)
	require.Equal(t, 2*time.Second, c.TCPTimeout)
	require.Equal(t, 10*time.Second, c.PushPullInterval)
}

func TestBackoff(t *testing.T) {
	p := timing{retryMin: 100 * time.Millisecond, retryMax: time.Second}
	var got []time.Duration
	for i := range 6 {
		got = append(got, p.backoff(i, 0))
	}
	ms := time.Millisecond
	require.Equal(t, []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1000 * ms, 1000 * ms}, got)
	require.Equal(t, 75*ms, p.backoff(0, 1))
	require.Equal(t, 750*ms, p.backoff(math.MaxInt32, 1), "no overflow")
}
