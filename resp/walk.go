package resp

import (
	"math/bits"

	"pikv/placement"
)

const (
	errNoView = "CLUSTERDOWN Hash slot not served"
	// errNoKeys is what a node answers that holds none, whatever it is.
	errNoKeys = "ERR this node serves no keys: ask the workers"
	errAway   = "TRYAGAIN a partition of this node cannot be read now"
)

// cursorBits is how many bits a cursor of SCAN has: some clients keep it as a
// floating-point number.
const cursorBits = 53

// walk goes through the keys of this node's partitions, one after the other, each in
// an order that is the same on every node and whatever happens to other keys.
// Where it stands is written into a cursor in fewer bits than a place has: see
// settle.
type walk struct {
	call      *Call
	view      *placement.View
	self      placement.Incarnation
	partition int
	place     uint64 // in it, as Keyspace.Page counts
	keys      [][]byte
	arena     []byte // where they lie
	refusal   string // why it ended before its end
}

// walk begins at a cursor; beyond all partitions is the end.
func (c *Call) walk(cursor uint64) *walk {
	w := &walk{call: c, view: c.Cluster().View(), self: c.Cluster().Self()}
	w.partition = int(min(cursor>>(64-w.shift()), uint64(len(w.view.Partitions))))
	w.place = cursor << w.shift()
	if len(w.view.Partitions) == 0 {
		w.refusal = errNoView
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
// false at the end, and when it cannot go on: see refusal.
func (w *walk) page(limit int) bool {
	w.keys, w.arena = w.keys[:0], w.arena[:0]
	for !w.atEnd() && !w.serves(w.partition) {
		w.partition, w.place = w.partition+1, 0
	}
	if w.atEnd() || w.refusal != "" {
		return false
	}
	first, _ := placement.SlotRange(placement.PartitionID(w.partition), len(w.view.Partitions))
	next, ok := w.call.Keyspace().Page(first, w.place, limit, w.add)
	switch {
	case !ok && w.self == 0:
		w.refusal = errNoKeys
		return false
	case !ok:
		w.refusal = errAway
		return false
	case next == 0:
		w.partition, w.place = w.partition+1, 0
	default:
		w.place = next
	}
	return true
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
	primary := w.view.Partitions[partition].Primary
	return primary != 0 && (primary == w.self || w.self == 0)
}

// add keeps a key of a page.
func (w *walk) add(key []byte) {
	from := len(w.arena)
	w.arena = append(w.arena, key...)
	w.keys = append(w.keys, w.arena[from:len(w.arena):len(w.arena)])
}
