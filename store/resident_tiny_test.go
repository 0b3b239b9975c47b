//go:build linux && !race

package store

import (
	"encoding/binary"
	"testing"
)

// TestResidentMemoryOfTinyEntries fills a memory to its limit with more than a
// million entries of a few bytes (with -short, fewer and larger ones), as primaries do: the account holds, what is
// taken from the system is not far above it, and what is deleted makes room for as
// many again.
func TestResidentMemoryOfTinyEntries(t *testing.T) {
	const limit, parts = 20 << 20, 256
	value, least := make([]byte, 1), 1_000_000 // entries
	if testing.Short() {
		value, least = make([]byte, 100), 150_000 // so many as an emulated Pi writes in some seconds
	}
	mem := NewMemory(limit)
	defer mem.Close()
	engines := make([]*Engine, parts)
	for i := range engines {
		engines[i] = New(mem)
	}
	keyOf := func(i int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(i))[1:] }
	write := func(i int) bool {
		key := keyOf(i)
		cost := Cost(len(key), len(value))
		if !mem.Reserve(cost) {
			return false
		}
		engines[i%parts].Put(Item{Key: key, Value: value, Version: uint64(i)})
		mem.Release(cost)
		return true
	}
	check := func(when string, most int64) {
		t.Helper()
		sum := int64(0)
		for _, e := range engines {
			sum += e.Bytes()
		}
		if sum != mem.Used() || sum > limit {
			t.Fatalf("%s: the engines account for %d bytes, together for %d, of %d", when, sum, mem.Used(), limit)
		}
		if handed := mem.handed(); handed > most {
			t.Errorf("%s: %d bytes handed out, %d accounted", when, handed, sum)
		}
	}
	before := resident(t)
	n := 0
	for write(n) {
		n++
	}
	check("full", limit+limit/8)
	grown := resident(t) - before
	t.Logf("%d entries: %d bytes resident, %d handed out, limit %d", n, grown, mem.handed(), limit)
	if n < least || grown > limit+limit/8+3*arenaSize {
		t.Errorf("%d entries in %d bytes, %d of them resident", n, limit, grown)
	}
	for i := n; i < n+1000; i++ {
		if write(i) {
			t.Fatal("written over the limit")
		}
	}
	for i := range n { // none was lost, none came in
		if i%97 == 0 {
			if it, found := engines[i%parts].Get(keyOf(i)); !found || it.Version != uint64(i) {
				t.Fatalf("entry %d is gone", i)
			}
		}
	}
	for i := range n / 2 {
		engines[i%parts].Delete(keyOf(i))
	}
	check("half deleted", limit*3/4)
	again := 0
	for write(n + again) {
		again++
	}
	check("full again", limit+limit/5)
	grown = resident(t) - before
	t.Logf("%d deleted, %d written: %d bytes resident, %d handed out", n/2, again, grown, mem.handed())
	if again < n/2*9/10 || grown > limit+limit/8+3*arenaSize {
		t.Errorf("%d deleted, room for %d, %d bytes resident", n/2, again, grown)
	}
	for _, e := range engines {
		e.Clear()
	}
	check("empty", 0)
}
