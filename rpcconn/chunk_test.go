package rpcconn

import (
	"testing"

	"pikv/wire"
)

// One large frame does not stay in memory with the connection, and what is kept
// for the next large one goes to no small one.
func TestLargeBuffersAreKeptApart(t *testing.T) {
	for range 100 {
		for _, size := range []int{keepCap / 2, 2 * keepCap, keepLarge + 1} {
			(&chunk{buf: make([]byte, size)}).recycle(nil)
		}
		if c := newChunk(100); cap(c.buf) > keepCap || len(c.buf) > 0 {
			t.Fatalf("a small frame gets a buffer of %d bytes", cap(c.buf))
		}
		if c := newChunk(keepCap + 1); cap(c.buf) > 2*keepCap+2 || len(c.buf) > 0 {
			t.Fatalf("a large frame gets a buffer of %d bytes", cap(c.buf))
		}
	}
}

func TestCharge(t *testing.T) {
	for _, c := range []struct {
		name                 string
		limit, before        int64
		grown, credit        int64
		wantHeld, wantBudget int64
		wantOver             bool
	}{
		{"small is free", 1 << 20, 0, 100, 0, 0, 0, false},
		{"large is not", 1 << 20, 0, 20 << 10, 0, 20 << 10, 20 << 10, false},
		{"small behind large is not", 1 << 20, 20 << 10, 100, 0, 100, 100, false},
		{"credit is handed on", 1 << 20, 0, 100, 100, 100, 100, false},
		{"too much credit is given back", 1 << 20, 0, 100, 5000, 100, 100, false},
		{"too little is topped up", 1 << 20, 0, 20 << 10, 5000, 20 << 10, 20 << 10, false},
		{"what the budget refuses goes uncounted", 10 << 10, 0, 20 << 10, 5000, 5000, 5000, true},
	} {
		b := wire.NewBudget(c.limit)
		if !b.Acquire(c.credit) {
			t.Fatal(c.name)
		}
		ch := &chunk{buf: make([]byte, c.before+c.grown)}
		ch.charge(b, c.grown, c.credit)
		if ch.held != c.wantHeld || b.Used() != c.wantBudget || ch.over != c.wantOver {
			t.Errorf("%s: held %d, taken %d, over %v; want %d, %d, %v", c.name, ch.held, b.Used(), ch.over, c.wantHeld, c.wantBudget, c.wantOver)
		}
		ch.recycle(b)
		if b.Used() != 0 {
			t.Errorf("%s: %d bytes still taken", c.name, b.Used())
		}
	}
}
