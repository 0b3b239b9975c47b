package store

import (
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
)

func TestDbg(t *testing.T) {
	mem := NewMemory(1 << 40)
	defer mem.Close()
	engines := newLockedEngines(mem)
	var key [16]byte
	value := make([]byte, 192)
	var m0, m1 runtime.MemStats
	before := resident(t)
	runtime.ReadMemStats(&m0)
	for i := range benchKeys {
		engines.put(benchKey(key[:], i), value[:benchValue])
	}
	for r := range 5 {
		_ = r
		if os.Getenv("OVER") != "" {
			for i := range benchKeys {
				engines.put(benchKey(key[:], i), value[:64+rand.IntN(129)])
			}
		}
	}
	grown := resident(t) - before
	runtime.ReadMemStats(&m1)
	n := 0
	taken := 0
	for _, a := range mem.entries.arenas[1:] {
		if a != nil {
			n++
			taken += a.taken
		}
	}
	var cells, segs, segslots, tail, act, ntab int
	for i := range engines {
		e := engines[i].e
		for _, tb := range e.index.all(0) {
			cells += len(tb.cells)
			ntab++
		}
		segslots += cap(e.log.all)
		for id := range e.log.all {
			s := &e.log.all[id]
			segs++
			if id == e.log.active {
				act += int(s.size) - int(s.used)
			} else {
				tail += int(s.size) - int(s.used)
			}
		}
	}
	t.Logf("grown %.1f arenas %d handed %.1f dirty %.2f heap %.2f sys %.2f", perKey(grown), n, perKey(mem.handed()), perKey(mem.entries.dirty+mem.tables.dirty), perKey(int64(m1.HeapAlloc-m0.HeapAlloc)), perKey(int64(m1.Sys-m0.Sys)))
	fr := 0
	for _, a := range mem.entries.arenas[1:] {
		if a != nil {
			for at := a.next(0, true); at < arenaGranules; {
				end := a.next(at, false)
				if end-at < 32 {
					fr += end - at
				}
				at = a.next(end, true)
			}
		}
	}
	t.Logf("entries: %d arenas handed %d, tables %d arenas handed %d, idle heap %d small free %d", len(mem.entries.arenas), mem.entries.handed, len(mem.tables.arenas), mem.tables.handed, m1.HeapIdle-m1.HeapReleased, fr*128)
	t.Logf("cells %.2f tables %d segs %d cap %d tail %.2f active slack %.2f", float64(cells)*8/benchKeys, ntab, segs, segslots, perKey(int64(tail)), perKey(int64(act)))
}
