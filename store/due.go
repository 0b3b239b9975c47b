package store

import (
	"bytes"

	"github.com/cespare/xxhash/v2"
)

// dueMost is how many entries with a deadline one Due looks at before it looks
// at no further table: it bounds how long it holds the partition's lock.
const dueMost = 1 << 10

// sweep is how far the search for expired entries is. There is no list of
// deadlines: each table of the index has a lower bound of its own, and a walk
// over a table with something due raises it.
type sweep struct {
	least  Instant // a lower bound of all deadlines, 0 when there are none
	cursor uint64  // the hash from which the next Due goes on
}

func (s *sweep) lower(d Instant) { s.least = earlier(s.least, d) }

// Overdue reports whether Due may find something, and from which hash it would go
// on: 0 after it has come to the end. Something may still seem due when all was
// looked at, until Due was called once more.
func (e *Engine) Overdue(now Instant) (cursor uint64, may bool) {
	return e.sweep.cursor, e.sweep.least != 0 && e.sweep.least <= now
}

// Due returns entries whose deadline is at or before now, at most limit, and
// not always as many as there are: the next call goes on where this one ended,
// and begins again when it is through. It removes none, and costs a compare
// when nothing is due. Keys are copies, since the caller is about to change the
// engine; values are left out.
func (e *Engine) Due(now Instant, limit int) (items []Item) {
	s := &e.sweep
	if s.least == 0 || s.least > now || limit <= 0 {
		return nil
	}
	for range 2 {
		begun, done := s.cursor, false
		if items, done = e.walk(now, limit); !done {
			return items
		}
		s.cursor, s.least = 0, 0
		for _, t := range e.index.all(0) {
			s.lower(t.least)
		}
		if begun == 0 || len(items) > 0 {
			break // all was looked at
		}
	}
	return items
}

// walk looks for expired entries from the sweep's cursor on, and reports
// whether it has come to the end.
func (e *Engine) walk(now Instant, limit int) (items []Item, done bool) {
	s := &e.sweep
	looked := 0
	for first, t := range e.index.all(s.cursor) {
		if looked >= dueMost {
			s.cursor = first
			return items, false
		}
		looked++
		if t.least == 0 || t.least > now {
			continue
		}
		i, whole, least := 0, first >= s.cursor, Instant(0)
		if !whole {
			i = t.seek(t.window(s.cursor))
		}
		for _, c := range t.cells[i:] {
			if !c.mortal() {
				continue
			}
			it := e.index.item(c)
			if len(items) == limit {
				s.cursor = xxhash.Sum64(it.Key)
				return items, false
			}
			looked++
			least = earlier(least, it.Deadline)
			if !whole && c.window() == t.window(s.cursor) && xxhash.Sum64(it.Key) < s.cursor {
				continue // the last call returned it
			}
			if it.Expired(now) {
				items = append(items, Item{Key: bytes.Clone(it.Key), Version: it.Version, Deadline: it.Deadline})
			}
		}
		if whole {
			t.least = least
		}
	}
	return items, true
}
