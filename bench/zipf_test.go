package bench

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestZipfianAgainstTheory: the first two ranks are drawn exactly as often as
// 1/i^theta says. The others come from an approximation of the sum by an
// integral, so that single ranks are off by some percent; what matters is how
// many of the draws fall on the most popular part, and that is right.
func TestZipfianAgainstTheory(t *testing.T) {
	const n, draws = 1000, 1_000_000
	z := newZipfian(n)
	src := rand.New(rand.NewPCG(1, 1))
	counts := make([]float64, n)
	for range draws {
		counts[z.rank(src.Float64())]++
	}
	sum := 0.0
	for i := range n {
		sum += 1 / math.Pow(float64(i+1), theta)
	}
	require.InEpsilon(t, sum, z.zeta, 1e-9)
	for rank := range 2 {
		want := 1 / math.Pow(float64(rank+1), theta) / sum
		require.InEpsilon(t, want, counts[rank]/draws, 0.02, "rank %d", rank)
	}
	got, want := 0.0, 0.0
	for rank := range n {
		got += counts[rank] / draws
		want += 1 / math.Pow(float64(rank+1), theta) / sum
		if rank >= 9 {
			require.InDelta(t, want, got, 0.03, "the first %d ranks", rank+1)
		}
	}
}

// TestZipfianGrows into the one that it would have been.
func TestZipfianGrows(t *testing.T) {
	z := newZipfian(10)
	z.grow(1000)
	z.grow(500) // never smaller
	fresh := newZipfian(1000)
	require.Equal(t, fresh.n, z.n)
	require.InEpsilon(t, fresh.zeta, z.zeta, 1e-12)
	require.InEpsilon(t, fresh.eta, z.eta, 1e-9)
}

func TestZipfianStaysInside(t *testing.T) {
	for _, n := range []int64{1, 2, 3, 1000} {
		z := newZipfian(n)
		for _, u := range []float64{0, 0.25, 0.5, 0.75, math.Nextafter(1, 0)} {
			rank := z.rank(u)
			require.GreaterOrEqual(t, rank, int64(0))
			require.Less(t, rank, n, "n %d, u %v", n, u)
		}
	}
}

// TestHashOfYCSB: values that FNV-1a has for these bytes, computed apart from
// this code; with the sign bit set, the absolute value.
func TestHashOfYCSB(t *testing.T) {
	for v, want := range map[int64]int64{0: 6284781860667377211, 1: 8517097267634966620, 255: 8064062821143829734, 1 << 40: 6908947124047430886, 123456789: 2350796791908741607} {
		require.Equal(t, want, fnv64(v), "%d", v)
	}
}

// TestScrambledAsYCSB: the popular keys lie anywhere, and the most popular one
// takes the share that its rank has among ten billion.
func TestScrambledAsYCSB(t *testing.T) {
	const keys, draws = 1000, 1_000_000
	z := newScrambling()
	src := rand.New(rand.NewPCG(2, 2))
	counts := make([]float64, keys)
	for range draws {
		counts[scramble(z.rank(src.Float64()), keys)]++
	}
	top := scramble(0, keys)
	for key, n := range counts {
		require.LessOrEqual(t, n, counts[top], "key %d", key)
		require.Positive(t, n, "key %d: the tail of ten billion ranks reaches every key", key)
	}
	require.NotZero(t, top)
	require.InDelta(t, 1/scrambledZeta, counts[top]/draws, 0.002)
}
