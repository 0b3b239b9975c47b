package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func checkOrder(t *rapid.T, o *order, model []*entry) {
	t.Helper()
	slices.SortFunc(model, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), bytes.Compare(a.Key, b.Key))
	})
	if got := slices.Collect(o.from(0)); !slices.Equal(got, model) {
		t.Fatalf("%d entries in order, want %d", len(got), len(model))
	}
	for i, run := range o.runs {
		if len(run) == 0 || len(run) > runSize || cap(run) > 2*runSize {
			t.Fatalf("run %d has %d entries, room for %d", i, len(run), cap(run))
		}
	}
	if most := 2 + 5*len(model)/runSize; len(o.runs) > most {
		t.Fatalf("%d entries in %d runs", len(model), len(o.runs))
	}
}

// The hashes drawn are few, so that many entries collide.
func TestOrderAgainstSortedSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var o order
		var model []*entry
		spread := rapid.SampledFrom([]uint64{1, 10, 1 << 40}).Draw(t, "spread")
		next := uint64(0)
		rounds := rapid.IntRange(1, 8).Draw(t, "rounds")
		for range rounds {
			random := rapid.Uint64().Draw(t, "random")
			for range rapid.IntRange(0, 400).Draw(t, "inserts") {
				random = random*6364136223846793005 + 1442695040888963407
				en := &entry{hash: random >> 20 % spread}
				if next%50 == 0 {
					en.hash = ^uint64(0) // the last hash of all
				}
				en.Key = binary.BigEndian.AppendUint64(nil, next)
				next++
				o.insert(en)
				model = append(model, en)
			}
			checkOrder(t, &o, model)
			for range min(len(model), rapid.IntRange(0, 400).Draw(t, "removes")) {
				random = random*6364136223846793005 + 1442695040888963407
				i := int(random >> 33 % uint64(len(model)))
				o.remove(model[i])
				model = slices.Delete(model, i, i+1)
			}
			checkOrder(t, &o, model)
			checkPages(t, &o, model, rapid.IntRange(1, 300).Draw(t, "most"))
		}
		for _, en := range model {
			o.remove(en)
		}
		if len(o.runs) != 0 {
			t.Fatalf("%d runs without entries", len(o.runs))
		}
	})
}

// checkPages walks o in pages and checks that they are all entries, and that
// none is longer than it must be.
func checkPages(t *rapid.T, o *order, model []*entry, most int) {
	t.Helper()
	var all []*entry
	cursor := uint64(0)
	for {
		var page []*entry
		next := o.page(cursor, most, func(en *entry) bool {
			page = append(page, en)
			return true
		})
		all = append(all, page...)
		if next == 0 {
			break
		}
		if next <= cursor || len(page) < most {
			t.Fatalf("page of %d from %d goes on at %d", len(page), cursor, next)
		}
		if len(page) > most && page[most-1].hash != page[len(page)-1].hash {
			t.Fatalf("page of %d entries, want %d", len(page), most)
		}
		cursor = next
	}
	if !slices.Equal(all, model) {
		t.Fatalf("pages have %d entries, want %d", len(all), len(model))
	}
}
