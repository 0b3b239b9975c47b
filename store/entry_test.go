package store

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestEntryComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Item{
			Key:      rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "key"),
			Value:    rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "value"),
			Version:  rapid.Uint64().Draw(t, "version"),
			Deadline: Instant(rapid.SampledFrom([]int64{0, 1, -1, math.MaxInt64}).Draw(t, "deadline")),
		}
		size := entrySize(&want)
		if int64(size)+indexShare > Cost(len(want.Key), len(want.Value)) {
			t.Fatalf("size %d, cost %d", size, Cost(len(want.Key), len(want.Value)))
		}
		buf := bytes.Repeat([]byte{0xff}, size+1) // what was there before
		encode(buf[:size], &want)
		h, ok := parse(buf)
		if !ok || h.size() != size || h.flags&dead != 0 || !equal(h.item(buf), want) {
			t.Fatalf("%+v of %d bytes came back as %+v, %v", want, size, h, ok)
		}
		if buf[size] != 0xff {
			t.Fatal("written beyond its size")
		}
		for short := range size {
			if _, ok := parse(buf[:short]); ok {
				t.Fatalf("%d of %d bytes taken for an entry", short, size)
			}
		}
	})
}

// Whatever the bytes are, an entry lies within them.
func FuzzParse(f *testing.F) {
	for _, it := range []Item{{}, {Key: []byte("k"), Value: []byte("value"), Version: 1 << 50, Deadline: 7}} {
		buf := make([]byte, entrySize(&it))
		encode(buf, &it)
		f.Add(buf)
		f.Add(buf[:len(buf)-1])
	}
	huge := []byte{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5, 6}
	f.Add(huge)
	f.Add(append([]byte{mortal | longKey}, huge[1:]...))
	f.Fuzz(func(t *testing.T, buf []byte) {
		h, ok := parse(slices.Clip(buf))
		if !ok {
			return
		}
		it := h.item(buf)
		if h.size() > len(buf) || len(it.Key) != h.key || len(it.Value) != h.value {
			t.Fatalf("%+v of %d bytes", h, len(buf))
		}
		if h.flags&mortal == 0 && h.deadline != 0 {
			t.Fatalf("%+v has a deadline and is not mortal", h)
		}
	})
}
