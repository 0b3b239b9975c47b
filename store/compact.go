package store

import "github.com/cespare/xxhash/v2"

// pressure says how much of the log may be dead, by how full the memory is,
// and how much a write may copy to keep it so. The less is dead, the more must
// be copied to gain a byte: copying of s bytes of a segment with s-d live ones
// frees d.
var pressure = []struct {
	full   int64 // per cent of the limit, from which on this holds
	part   int64 // one in so many bytes may be dead
	copied int   // bytes that a write may copy for each of its own
}{
	{100, 16, 12},
	{90, 10, 8},
	{0, 6, 4},
}

const (
	// A step copies no more than copyMost bytes and one entry, however large
	// the write, and no less than copyLeast.
	copyMost  = 64 << 10
	copyLeast = 256
	// passing is what it costs to pass over a dead entry, in bytes copied.
	passing = 16
)

// allowance looks up pressure.
func allowance(used, limit int64) (part int64, copied int) {
	row := 0
	for row < len(pressure)-1 && used < limit/100*pressure[row].full {
		row++
	}
	return pressure[row].part, pressure[row].copied
}

// compactor remembers how far the compaction of a partition is.
type compactor struct {
	victim location // the segment that is being emptied; 0: none
	at     location // how far that is
	// patience: when no segment is worth the copying, none is looked for until
	// so many bytes are dead.
	patience int64
}

// tidy compacts a little, after a write that appended or killed n bytes.
func (e *Engine) tidy(n int) {
	part, copied := allowance(e.mem.Used(), e.mem.limit)
	c := &e.compactor
	budget := min(max(n*copied, copyLeast), copyMost)
	for budget > 0 {
		if c.victim == 0 {
			gone := e.log.used - e.log.live
			if gone < c.patience/2 {
				c.patience = 0
			}
			if gone <= max(e.log.used/part, c.patience, smallestSegment) {
				return
			}
			if c.victim = e.log.worst(2 * part); c.victim == 0 {
				c.patience = gone + gone/8
				return
			}
			c.at, c.patience = c.victim, 0
		}
		budget = e.empty(budget)
	}
}

// worst is the segment with the most dead bytes, if those are at least one in
// part bytes of it; else 0. Pinned segments are none, since to empty them
// would give nothing back.
func (s *segments) worst(part int64) (victim location) {
	most := uint32(0)
	for i := range s.all {
		seg := &s.all[i]
		if gone := seg.used - seg.live; gone > most && seg.pins == 0 && i != s.active && int64(gone)*part >= int64(seg.used) {
			victim, most = seg.base, gone
		}
	}
	return victim
}

// empty moves live entries of the victim to the end of the log, as far as the
// budget reaches, and returns what is left of it.
func (e *Engine) empty(budget int) int {
	c := &e.compactor
	victim := c.victim
	for c.victim == victim && budget > 0 {
		from := c.at
		buf := e.log.at(from)
		h, ok := parse(buf)
		if !ok {
			panic("store: a segment holds something else than entries")
		}
		size := h.size()
		c.at += location(size)
		if h.flags&dead != 0 {
			budget -= passing
			continue
		}
		budget -= size
		to, room := e.log.room(size)
		copy(room, buf[:size])
		key := h.item(buf).Key
		e.index.move(xxhash.Sum64(key), key, from, to)
		e.kill(from, size) // the last one ends it
	}
	return budget
}

// kill marks an entry as dead. When nobody needs its segment any more, a
// compaction of that is over.
func (e *Engine) kill(l location, size int) {
	e.log.kill(l, size)
	if victim := e.compactor.victim; victim != 0 {
		if i := e.log.of(victim); i < 0 || e.log.all[i].base != victim {
			e.compactor.victim = 0
		}
	}
}
