package replica

// lines keep operations on one key in the order in which they came, whatever
// some of them wait for. Of those that wait on a key the first may be starved, or
// be uploaded; all others are held, in their order, and so is one that comes
// later and could be run at once. Reads of committed state stand in no line.
type lines struct {
	// ahead counts by keys the operations that are starved or uploaded, held those
	// that are held. nil: none.
	ahead, held map[string]int
	// stuck: all that is held waits for an operation that is ahead, or for another
	// view. To run them again would change nothing until one of those comes.
	stuck bool
}

// behind reports whether an earlier operation on one of the keys waits.
func (l *lines) behind(op *Op) bool {
	switch {
	case l.ahead == nil && l.held == nil, op.first:
		return false
	case op.Kind != OpGroup:
		return l.ahead[string(op.Key)]+l.held[string(op.Key)] > 0
	}
	for _, key := range op.Keys {
		if l.ahead[string(key)]+l.held[string(key)] > 0 {
			return true
		}
	}
	return false
}

// count adds n to the count of each of the operation's keys.
func count(counts *map[string]int, op *Op, n int) {
	if !op.changes() {
		return
	}
	if op.Kind == OpGroup {
		for _, key := range op.Keys {
			countKey(counts, key, n)
		}
		return
	}
	countKey(counts, op.Key, n)
}

func countKey(counts *map[string]int, key []byte, n int) {
	if *counts == nil {
		*counts = make(map[string]int)
	}
	if left := (*counts)[string(key)] + n; left != 0 {
		(*counts)[string(key)] = left
	} else if delete(*counts, string(key)); len(*counts) == 0 {
		*counts = nil
	}
}

// lead notes that the operation, the first in its lines, waits there.
func (l *lines) lead(op *Op) {
	op.first = false
	count(&l.ahead, op, 1)
}

// leave notes that it does so no more: what is behind it may go on.
func (l *lines) leave(op *Op) {
	count(&l.ahead, op, -1)
	l.stuck = false
}
