package hotkeys

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAKeyThatMakesAThirdIsFound(t *testing.T) {
	for seed := range uint64(20) {
		r, s := rand.New(rand.NewPCG(seed, 1)), New()
		for range 20_000 {
			switch x := r.Float64(); {
			case x < 0.34:
				s.Add([]byte("user1"))
			case x < 0.44:
				s.Add([]byte("user2"))
			default:
				s.Add(fmt.Appendf(nil, "rare%d", r.Uint64()))
			}
		}
		hot := s.Hottest(4, 100)
		require.GreaterOrEqual(t, len(hot), 2)
		require.Equal(t, "user1", string(hot[0].Key))
		require.Equal(t, "user2", string(hot[1].Key))
		require.InDelta(t, 0.33, hot[0].Share, 0.03, "seed %d", seed)
		require.InDelta(t, 0.09, hot[1].Share, 0.03, "seed %d", seed)
	}
}

// Whatever the keys are, no share is more than the key really has, and every key
// with more than one part in Slots has a counter.
func TestSharesAreLowerBounds(t *testing.T) {
	for seed := range uint64(50) {
		r, s := rand.New(rand.NewPCG(seed, 2)), New()
		zipf := rand.NewZipf(r, 1.01+2*r.Float64(), 1, 2000)
		truth, total := map[string]float64{}, 0.0
		for i := range 5000 {
			if i%1000 == 999 {
				s.Decay(0.7)
				total *= 0.7
				for k := range truth {
					truth[k] *= 0.7
				}
			}
			key := fmt.Sprint("k", zipf.Uint64())
			s.Add([]byte(key))
			truth[key]++
			total++
		}
		for _, h := range s.Hottest(Slots, 0) {
			require.LessOrEqual(t, h.Share, truth[string(h.Key)]/total+1e-9, "seed %d", seed)
		}
		counted := map[string]bool{}
		for i := range s.used {
			counted[string(s.name[i].bytes[:s.name[i].size])] = true
		}
		for key, n := range truth {
			if n > total/Slots {
				require.True(t, counted[key], "seed %d: %s makes %f of %f", seed, key, n, total)
			}
		}
	}
}

func TestWhatWasHotIsForgotten(t *testing.T) {
	s := New()
	for range 1000 {
		s.Add([]byte("old"))
	}
	for range 10 {
		s.Decay(0.5)
		for range 100 {
			s.Add([]byte("new"))
		}
	}
	hot := s.Hottest(1, 0)
	require.Equal(t, "new", string(hot[0].Key))
	require.Greater(t, hot[0].Share, 0.9)
	for range 30 {
		s.Decay(0.5)
	}
	require.Empty(t, s.Hottest(1, 0), "nothing is left")
}

func TestAFewKeysSayNothing(t *testing.T) {
	s := New()
	require.Empty(t, s.Hottest(4, 0))
	for range 31 {
		s.Add([]byte("k"))
	}
	require.Empty(t, s.Hottest(4, 32))
	s.Add([]byte("k"))
	require.Equal(t, []Hot{{Key: []byte("k"), Size: 1, Share: 1}}, s.Hottest(4, 32))
}

// Long keys are cut, and still told apart.
func TestLongKeysAreCut(t *testing.T) {
	s := New()
	long := strings.Repeat("x", MaxKey)
	for range 1000 {
		s.Add([]byte(long + "a"))
	}
	for range 500 {
		s.Add([]byte(long + "bc"))
	}
	hot := s.Hottest(4, 0)
	require.Len(t, hot, 2)
	require.Equal(t, []byte(long), hot[0].Key)
	require.Equal(t, []int{MaxKey + 1, MaxKey + 2}, []int{hot[0].Size, hot[1].Size})
	require.InDelta(t, 0.65, hot[0].Share, 0.03)
}

func TestToAddAllocatesNothing(t *testing.T) {
	s, i := New(), 0
	keys := make([][]byte, 1000)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "key%d", i)
	}
	require.Zero(t, testing.AllocsPerRun(5000, func() { s.Add(keys[i%len(keys)]); i++ }))
}

func BenchmarkAdd(b *testing.B) {
	s, keys := New(), make([][]byte, 1000)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "key%d", i)
	}
	for i := 0; b.Loop(); i++ {
		s.Add(keys[i%len(keys)])
	}
}
