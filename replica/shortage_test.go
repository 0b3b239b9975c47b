package replica

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/store"
)

func TestAllot(t *testing.T) {
	const limit = 16000 // keeps 1000
	for _, c := range []struct {
		name                string
		used, wanted        int64
		room, keep, evicted int64
	}{
		{"much is free", 8000, 0, 1937, 0, -1937},
		{"a little more than is to be free", 14450, 0, 325, 188, -137},
		{"just as much", 15000, 0, 187, 187, 0},
		{"less", 15350, 0, 100, 187, 87},
		{"what no write is given", 15750, 0, 0, 187, 187},
		{"less than nothing", 16400, 0, 0, 350, 350},
		{"somebody waits for more", 15000, 400, 187, 287, 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := store.NewMemory(limit)
			defer m.Close()
			m.Force(c.used)
			room, keep := Allot(m, Reserve(limit)+c.wanted, 4, 0.25)
			require.Equal(t, c.room, room)
			require.Equal(t, c.keep, keep)
			require.Equal(t, c.evicted, new(Shortage).Of(room, keep))
		})
	}
}

// Together the primaries evict what is too much, and no more.
func TestShortageCountsWhatWasEvictedUntilItShows(t *testing.T) {
	var s Shortage
	require.Equal(t, int64(300), s.Of(100, 400))
	s.Want(50)
	s.Want(20)
	require.Equal(t, int64(350), s.Of(100, 400))
	s.Evicted(350)
	require.Equal(t, int64(0), s.Of(100, 400))
	s.Look() // it may not show yet; who waited has to say so again
	require.Equal(t, int64(-50), s.Of(100, 400))
	s.Look()
	require.Equal(t, int64(300), s.Of(100, 400), "the removals did not give back what was hoped for")
}
