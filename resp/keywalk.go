package resp

import (
	"context"
	"math/bits"

	"pikv/placement"
)

// cursorBits is how many bits a cursor of SCAN has: some clients keep it as a
// floating-point number.
const cursorBits = 53

// keepArena is how many bytes of keys a walk keeps room for from page to page.
const keepArena = 64 << 10

// walk goes through the keys of this node's partitions, one after the other, each in
// an order that is the same on every node and whatever happens to other keys.
// Where it stands is written into a cursor in fewer bits than a place has: see
// settle.
type walk struct {
	view      *placement.View
	self      placement.Incarnation
	partition int
	place     uint64 // in it, as Keyspace.Page counts
	keys      [][]byte
	arena     []byte // where they lie
	refusal   string // why it ended before its end
	refused   bool   // as any other page would be now
	// It waits, so long as that allows, for a partition that is not served yet, if it may; else
	// it notes that it would have to.
	allowance
	mayWait bool
	waiting bool
}

// walk begins at a cursor; beyond all partitions is the end.
func (c *Call) walk(ctx context.Context, mayWait bool, cursor uint64) *walk {
	w := &walk{allowance: c.allowance(ctx), mayWait: mayWait, view: c.Cluster().View(), self: c.Cluster().Self()}
	w.partition = int(min(cursor>>(64-w.shift()), uint64(len(w.view.Partitions))))
	w.place = cursor << w.shift()
	if len(w.view.Partitions) == 0 {
		w.refusal = ErrNotServed
	}
	return w
}

// shift is how many bits of a place a cursor has no room for, beside those that say
// which partition it is.
func (w *walk) shift() int {
	return 64 - cursorBits + bits.Len(uint(max(len(w.view.Partitions), 1)-1))
}

// cursor is where the walk stands, 0 at its end.
func (w *walk) cursor() uint64 {
	if w.atEnd() {
		return 0
	}
	return uint64(w.partition)<<(64-w.shift()) | w.place>>w.shift()
}

func (w *walk) atEnd() bool { return w.partition >= len(w.view.Partitions) }

// page reads about as many keys as limit, or none, and goes on behind them. It returns
// false at the end, and when it cannot go on: see refusal and waiting.
func (w *walk) page(limit int) bool {
	if w.keys, w.arena = w.keys[:0], w.arena[:0]; cap(w.arena) > keepArena {
		w.keys, w.arena = nil, nil // it may wait, as many others
	}
	for w.refusal == "" && !w.waiting {
		for !w.atEnd() && !w.serves(w.partition) {
			w.skip()
		}
		if w.atEnd() {
			return false
		}
		first, _ := placement.SlotRange(placement.PartitionID(w.partition), len(w.view.Partitions))
		next, refusal, ok := w.allowance.page(first, w.place, limit, w.add)
		switch {
		case refusal != "":
			w.refusal, w.refused = refusal, true
			return false
		case ok && next == 0:
			w.skip()
			return true
		case ok:
			w.place = next
			return true
		}
		w.await(first)
	}
	return false
}

// skip goes on to the next partition.
func (w *walk) skip() { w.partition, w.place = w.partition+1, 0 }

// await waits for a partition, if it may. One that has moved meanwhile is passed over:
// its keys are another node's.
func (w *walk) await(slot uint16) {
	if !w.mayWait {
		w.waiting = true
		return
	}
	switch s := w.allowance.await(slot); {
	case s.Elsewhere:
		w.skip()
	default:
		w.refusal = s.Refusal
	}
}

// settle goes on to a place that a cursor can say, if it is not at one: past the keys
// that a cursor could not tell from the last one, which take is given.
func (w *walk) settle(take func()) {
	shift := w.shift()
	for !w.atEnd() && w.place&(1<<shift-1) != 0 {
		partition, last := w.partition, (w.place-1)>>shift
		switch {
		case !w.page(1):
			return
		case w.partition != partition || (w.place-1)>>shift == last:
			take()
		default: // the key is one of those to come
			w.place = (last + 1) << shift
		}
	}
}

// serves reports whether this node is to have the keys of a partition; one that is no
// worker speaks for all.
func (w *walk) serves(partition int) bool {
	return w.self == 0 || w.view.Partitions[partition].Primary == w.self
}

// add keeps a key of a page.
func (w *walk) add(key []byte) {
	from := len(w.arena)
	w.arena = append(w.arena, key...)
	w.keys = append(w.keys, w.arena[from:len(w.arena):len(w.arena)])
}
