package replica

import (
	"sync/atomic"

	"pikv/store"
)

// Shortage reckons how many bytes a primary has to evict so that a node has the
// room again that is to be free there: the primary's own node, or another that
// holds replicas of its partitions. The zero value is ready. Safe for concurrent
// use.
type Shortage struct {
	wanted atomic.Int64 // an operation waits for so many bytes
	// What was evicted does not show at once in what the node tells of its
	// memory: the removal has to be committed, and applied there. So it counts
	// as room until the next but one look.
	coming, before atomic.Int64
}

// Want notes that an operation waits for n bytes.
func (s *Shortage) Want(n int64) {
	for {
		old := s.wanted.Load()
		if n <= old || s.wanted.CompareAndSwap(old, n) {
			return
		}
	}
}

// Evicted notes that n bytes are going to be given back.
func (s *Shortage) Evicted(n int64) { s.coming.Add(n) }

// Look begins anew after a look at the node's memory. An operation that still
// waits says so again.
func (s *Shortage) Look() {
	s.before.Store(s.coming.Swap(0))
	s.wanted.Store(0)
}

// Wanted is for how many bytes an operation waits.
func (s *Shortage) Wanted() int64 { return s.wanted.Load() }

// Of is how many bytes are to be evicted when the node has room, of which keep
// is to stay free; 0 or less: none.
func (s *Shortage) Of(room, keep int64) int64 {
	return keep + s.wanted.Load() - room - s.coming.Load() - s.before.Load()
}

// Reserve is how much of its memory a node that evicts keeps free: what is
// written between two beats has room there, so that writes do not wait.
func Reserve(limit int64) int64 { return limit / 16 }

// spare is the part of that which no write is given: what was on its way when a
// node told its room, and what compaction copies, has room there.
func spare(memory *store.Memory) int64 { return Reserve(memory.Limit()) / 4 }

// Own is Of for the primary's own node: part is the part of what lies there that
// it leads.
func (s *Shortage) Own(memory *store.Memory, reserve int64, part float64) int64 {
	free := memory.Limit() - memory.Used()
	return s.Of(0, int64(float64(reserve-free)*part))
}

// Allot says what a node tells another one of its memory: how much room that one
// has for writes, the free memory being shared by so many; and how much of it is
// to stay free. When the other writes more, or has more already, it evicts. part
// is the other's part of what lies here, and so of what is missing from the
// reserve: together all primaries evict that, each in proportion.
func Allot(memory *store.Memory, reserve int64, sharers int, part float64) (room, keep int64) {
	free := memory.Limit() - memory.Used()
	room = max(free-spare(memory), 0) / int64(max(sharers, 1))
	if free >= 2*reserve {
		return room, 0
	}
	return room, max(room+int64(float64(reserve-free)*part), 0)
}
