package store

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"
)

// keyOfHash makes a key of 16 bytes with the given hash: the first half is n,
// the second is what xxhash64 must be fed to end there, step by step backwards.
func keyOfHash(n, h uint64) []byte {
	const (
		p1 uint64 = 11400714785074694791
		p2 uint64 = 14029467366897019727
		p3 uint64 = 1609587929392839161
		p4 uint64 = 9650029242287828579
		p5 uint64 = 2870177450012600261
	)
	inverse := func(p uint64) uint64 {
		x := p
		for range 5 { // each step doubles the bits that are right
			x *= 2 - p*x
		}
		return x
	}
	round := func(k uint64) uint64 { return bits.RotateLeft64(k*p2, 31) * p1 }
	h ^= h >> 32
	h *= inverse(p3)
	h ^= h>>29 ^ h>>58
	h *= inverse(p2)
	h ^= h >> 33
	after := bits.RotateLeft64((h-p4)*inverse(p1), -27)
	before := bits.RotateLeft64((p5+16)^round(n), 27)*p1 + p4
	second := bits.RotateLeft64((after^before)*inverse(p1), -31) * inverse(p2)
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, n), second)
}

// Keys can be made that have the same hash, or begin with the same bits of it.
// They make a table long, not the directory, and nothing gets lost.
func TestKeysMadeToCollide(t *testing.T) {
	const keys = 3000
	for _, tt := range []struct {
		name string
		hash func(i uint64) uint64
	}{
		{"all bits", func(uint64) uint64 { return 12345 << 40 }},
		{"all bits, the last hash", func(uint64) uint64 { return 1<<64 - 1 }},
		{"48 bits", func(i uint64) uint64 { return 77<<16 | i }},
		{"40 bits", func(i uint64) uint64 { return 77<<24 | i<<8 }},
		{"16 bits", func(i uint64) uint64 { return i * 0x9e3779b97f4a7c15 >> 16 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := newEngine(t)
			all := make([][]byte, keys)
			for i := range all {
				all[i] = keyOfHash(uint64(i), tt.hash(uint64(i)))
				if got := xxhash.Sum64(all[i]); got != tt.hash(uint64(i)) {
					t.Fatalf("hash %x, want %x", got, tt.hash(uint64(i)))
				}
				e.Put(Item{Key: all[i], Value: fmt.Append(nil, i)})
			}
			checkEngine(t, e)
			if len(e.index.places) > keys/directoryShare {
				t.Errorf("a directory of %d places", len(e.index.places))
			}
			seen := 0
			for cursor := e.Scan(0, nil, 100, func(Item) { seen++ }); cursor != 0; {
				cursor = e.Scan(cursor, nil, 100, func(Item) { seen++ })
			}
			if seen != keys {
				t.Errorf("a scan yields %d entries", seen)
			}
			for i, k := range all {
				if it, ok := e.Get(k); !ok || string(it.Value) != fmt.Sprint(i) {
					t.Fatalf("key %d: %q, %v", i, it.Value, ok)
				}
				if i%2 == 0 && !e.Delete(k) {
					t.Fatalf("key %d is not deleted", i)
				}
			}
			checkEngine(t, e)
			for i, k := range all {
				if e.Delete(k) != (i%2 == 1) {
					t.Fatalf("key %d", i)
				}
			}
			if e.Len() != 0 || e.mem.handed() != 0 {
				t.Errorf("%d entries left, %d bytes", e.Len(), e.mem.handed())
			}
		})
	}
}

// Among many of them a key is found by halves, and so is one that they displace.
func TestLookupsAmongCollidingKeysGoByHalves(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	const hash = 12345 << 40
	took := make(map[string][2]time.Duration)
	for i, keys := range []int{1_000, 64_000} {
		e := newEngine(t)
		var last []byte
		for n := range keys { // in their order, so that none makes place for another
			last = keyOfHash(bits.ReverseBytes64(uint64(n)), hash)
			e.Put(Item{Key: last})
		}
		behind := keyOfHash(0, hash+1<<48) // in the same table, at home among them
		e.Put(Item{Key: behind})
		for name, do := range map[string]func(){
			"one of them": func() { e.Get(last) },
			"not there":   func() { e.Get(keyOfHash(1<<62-1, hash)) },
			"behind them": func() { e.Get(behind) },
			"compacted": func() {
				p := e.index.place(hash)
				at, _, _, _ := e.index.find(&p.view, hash, last)
				e.index.move(hash, last, p.cells[at].location(), p.cells[at].location())
			},
		} {
			least := time.Hour
			for range 50 { // others take the processor now and then
				start := time.Now()
				for range 20 {
					do()
				}
				least = min(least, time.Since(start))
			}
			both := took[name]
			both[i] = least
			took[name] = both
		}
	}
	for name, both := range took {
		t.Logf("%s: %v, and %v with 64 times as many", name, both[0], both[1])
		if both[1] > 8*both[0] {
			t.Errorf("%s: %v, and %v with 64 times as many", name, both[0], both[1])
		}
	}
}

// However long it is, a search looks a few times, and once or twice where it ends soon.
func TestAGallopLooksSeldom(t *testing.T) {
	for _, end := range []int{0, 1, 2, 3, 64, 1000, 1 << 20} {
		for from := range 3 {
			for _, at := range []int{0, 1, 2, 3, 4, 7, 8, 9, 63, 999, 1 << 19, 1<<20 - 1, 1 << 20} {
				want, looks := max(from, min(at, end)), 0
				if from > end {
					continue
				}
				got := gallop(from, end, func(i int) bool {
					if looks++; i < from || i >= end {
						t.Fatalf("looks at %d of %d to %d", i, from, end)
					}
					return i < at
				})
				if got != want || looks > 2*bits.Len(uint(want-from))+1 {
					t.Errorf("from %d to %d: found %d, want %d, after %d looks", from, end, got, want, looks)
				}
			}
		}
	}
}
