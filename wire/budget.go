package wire

import "sync/atomic"

// Budget is a number of bytes that many connections share. Safe for
// concurrent use. A nil *Budget grants everything.
type Budget struct {
	limit int64
	used  atomic.Int64
}

// NewBudget makes a budget of limit bytes.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// Acquire takes n bytes, or none and returns false when that would pass the
// limit. It never waits.
func (b *Budget) Acquire(n int64) bool {
	if b == nil {
		return true
	}
	for {
		used := b.used.Load()
		if n > b.limit-used {
			return false
		}
		if b.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// Release gives back n bytes that Acquire granted.
func (b *Budget) Release(n int64) {
	if b != nil {
		b.used.Add(-n)
	}
}

// Used is the number of bytes taken.
func (b *Budget) Used() int64 {
	if b == nil {
		return 0
	}
	return b.used.Load()
}

// Limit is the number of bytes there are.
func (b *Budget) Limit() int64 {
	if b == nil {
		return 0
	}
	return b.limit
}
