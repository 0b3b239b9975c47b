package store

import (
	"os"
	"slices"
	"testing"
	"time"
)

func TestRatio(t *testing.T) {
	if os.Getenv("RATIO") == "" {
		t.Skip()
	}
	mem := NewMemory(1 << 40)
	defer mem.Close()
	stores := []getPutter{newLockedEngines(mem), &rwMap{m: map[string][]byte{}}}
	keys := makeKeys(benchKeys)
	value := make([]byte, benchValue)
	for _, s := range stores {
		for i := range keys {
			s.put(benchKey(nil, i), value)
		}
	}
	var times [2][]float64
	const n = 5000
	for r := range 400 {
		for k, s := range stores {
			begun := time.Now()
			for i := range n {
				s.get(keys[(r*n+i+k*benchKeys/2)%benchKeys])
			}
			times[k] = append(times[k], float64(time.Since(begun))/n)
		}
	}
	for k := range times {
		slices.Sort(times[k])
	}
	t.Logf("get engine min %.0f p20 %.0f, map min %.0f p20 %.0f; ratio %.2f %.2f", times[0][0], times[0][80], times[1][0], times[1][80], times[1][0]/times[0][0], times[1][80]/times[0][80])
}
