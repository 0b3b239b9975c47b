package replica

import (
	"pikv/placement"
)

// tail is the end of a partition's log: the entries after base. Entries up
// to commit are applied to the store; those between base and commit are kept
// for replicas that lack them.
type tail struct {
	base, commit, last Number
	baseEpoch          placement.Epoch // of the entry base
	lastEpoch          placement.Epoch // of the entry last
	entries            []Entry         // entries[i] has number base+1+i
	bytes              int             // their size
	open               int             // the size of those after commit
}

// tailAt is an empty log whose last entry is (epoch, n).
func tailAt(n Number, epoch placement.Epoch) tail {
	return tail{base: n, commit: n, last: n, baseEpoch: epoch, lastEpoch: epoch}
}

// push adds the entry that follows last.
func (t *tail) push(e Entry) {
	t.entries = append(t.entries, e)
	t.bytes += e.size()
	t.open += e.size()
	t.last, t.lastEpoch = e.Number, e.Epoch
}

// skip counts an entry that is applied at once and need not be kept. It may
// be called only while the tail is empty.
func (t *tail) skip(e *Entry) {
	t.last, t.lastEpoch = e.Number, e.Epoch
	t.base, t.baseEpoch, t.commit = t.last, t.lastEpoch, t.last
}

// commitNext marks the entry after commit as committed and returns it.
func (t *tail) commitNext() *Entry {
	t.commit++
	e := t.at(t.commit)
	t.open -= e.size()
	return e
}

// cut drops the entries after n, commit <= n <= last.
func (t *tail) cut(n Number) {
	keep := int(n - t.base)
	for i := keep; i < len(t.entries); i++ {
		t.bytes -= t.entries[i].size()
		t.open -= t.entries[i].size()
		t.entries[i] = Entry{}
	}
	t.entries = t.entries[:keep]
	t.last, t.lastEpoch = n, t.baseEpoch
	if keep > 0 {
		t.lastEpoch = t.entries[keep-1].Epoch
	}
}

// at returns the entry n, base < n <= last.
func (t *tail) at(n Number) *Entry { return &t.entries[n-t.base-1] }

// epochOf returns the epoch of entry n, and false when the tail does not
// reach back to it.
func (t *tail) epochOf(n Number) (placement.Epoch, bool) {
	switch {
	case n == t.base:
		return t.baseEpoch, true
	case n < t.base || n > t.last:
		return 0, false
	default:
		return t.at(n).Epoch, true
	}
}

// trim forgets entries up to n, base <= n <= commit.
func (t *tail) trim(n Number) {
	if n <= t.base {
		return
	}
	t.baseEpoch = t.at(n).Epoch
	k := int(n - t.base)
	for i := range t.entries[:k] {
		t.bytes -= t.entries[i].size()
		t.entries[i] = Entry{}
	}
	t.base = n
	switch left := len(t.entries) - k; {
	case left == 0 && cap(t.entries) > kept:
		t.entries = nil
	case left > few:
		t.entries = t.entries[k:]
	default: // the room is used again, without garbage for each entry
		copy(t.entries, t.entries[k:])
		clear(t.entries[left:])
		t.entries = t.entries[:left]
	}
}

// within reports whether the entries after n, n >= base, have at most limit
// bytes. It looks at no more entries than that takes.
func (t *tail) within(n Number, limit int) bool {
	size := 0
	for i := int(n - t.base); i < len(t.entries); i++ {
		if size += t.entries[i].size(); size > limit {
			return false
		}
	}
	return true
}

// run appends to room copies of the entries from number n on, up to limit bytes
// but at least one: a message outlives what the tail forgets. It returns the
// room and the entries.
func (t *tail) run(n Number, limit int, room []Entry) (all, entries []Entry) {
	rest := t.entries[n-t.base-1:]
	size := 0
	for i := range rest {
		size += rest[i].size()
		if size > limit && i > 0 {
			rest = rest[:i]
			break
		}
	}
	all = append(room, rest...)
	return all, all[len(room):len(all):len(all)]
}
