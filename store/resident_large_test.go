//go:build linux && !race

package store

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestResidentMemoryOfLargeValues holds what values in chunks of their own take
// from the system against what is accounted for them: after a fill, and when
// values of other sizes have taken the place of each, several times.
func TestResidentMemoryOfLargeValues(t *testing.T) {
	if testing.Short() {
		t.Skip("fills the memory")
	}
	const total = 96 << 20 // far more than the arenas that are never made of huge pages
	value := make([]byte, 2<<20)
	for _, c := range []struct{ least, most int }{
		{300_000, 300_000},
		{700_000, 700_000},
		{1_100_000, 1_100_000}, // nearly half of an arena is left
		{1_500_000, 1_500_000},
		{16 << 10, 2 << 20},
	} {
		t.Run(fmt.Sprintf("%d-%d", c.least, c.most), func(t *testing.T) {
			mem := NewMemory(1 << 40)
			defer mem.Close()
			engines := newLockedEngines(mem)
			var key [16]byte
			keys := 0
			before := resident(t)
			check := func(when string, most int64) {
				t.Helper()
				grown := resident(t) - before
				t.Logf("%s: %d bytes resident, %d accounted, %d mapped", when, grown, mem.Used(), mem.Mapped())
				if grown > most {
					t.Errorf("%s: %d bytes resident, %d accounted", when, grown, mem.Used())
				}
			}
			for ; mem.Used() < total; keys++ {
				engines.put(benchKey(key[:], keys), value[:c.least+rand.IntN(c.most-c.least+1)])
			}
			check("filled", mem.Used()+mem.Used()/32+arenaSize)
			for range 4 * keys {
				size := c.least + rand.IntN(c.most-c.least+1)
				engines.put(benchKey(key[:], rand.IntN(keys)), value[:size-rand.IntN(1000)])
			}
			check("overwritten", mem.Used()+mem.Used()/keepPart+2*arenaSize)
		})
	}
}
