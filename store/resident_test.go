//go:build linux && !race

package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
)

// resident is the process's resident set, in bytes, after the collector has
// given back what it can.
func resident(t *testing.T) int64 {
	t.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// TestResidentMemory holds what a node takes from the system against what its
// entries are: after a fill, and when values of other sizes have taken the
// place of all.
func TestResidentMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("fills the memory")
	}
	mem := NewMemory(1 << 40)
	defer mem.Close()
	engines := newLockedEngines(mem)
	for i := range engines {
		engines[i].e.Put(Item{Key: []byte{1}})
		engines[i].e.Delete([]byte{1})
	}
	value := make([]byte, 192)
	var key [16]byte
	before := resident(t)
	for i := range benchKeys {
		engines.put(benchKey(key[:], i), value[:benchValue])
	}
	grown := resident(t) - before
	t.Logf("filled: %.1f bytes a key resident, %.1f accounted, %.1f handed out", perKey(grown), perKey(mem.Used()), perKey(mem.handed()))
	if perKey(grown) > 176 || grown > mem.Used()+mem.Used()/8 {
		t.Errorf("%.1f bytes a key resident, %.1f accounted", perKey(grown), perKey(mem.Used()))
	}
	sizes := make([]byte, benchKeys)
	for range 5 {
		for i := range benchKeys {
			sizes[i] = byte(64 + rand.IntN(129))
			engines.put(benchKey(key[:], i), value[:sizes[i]])
		}
	}
	payload := int64(16 * benchKeys)
	for _, n := range sizes {
		payload += int64(n)
	}
	grown = resident(t) - before
	t.Logf("overwritten: %.1f bytes a key resident, %.1f accounted, %.1f handed out, payload %.1f", perKey(grown), perKey(mem.Used()), perKey(mem.handed()), perKey(payload))
	if float64(grown) > 1.3*float64(payload)+32*benchKeys || grown > mem.Used()+mem.Used()/5 {
		t.Errorf("%.1f bytes a key resident, payload %.1f, accounted %.1f", perKey(grown), perKey(payload), perKey(mem.Used()))
	}
	for i := range engines {
		engines[i].e.Clear()
	}
	if left := resident(t) - before; left > 8<<20 || mem.Used() != 0 {
		t.Errorf("%d bytes resident after all were cleared, %d accounted", left, mem.Used())
	}
	runtime.KeepAlive(engines)
}

func perKey(n int64) float64 { return float64(n) / benchKeys }
