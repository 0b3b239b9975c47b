package placement

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/hashicorp/go-msgpack/v2/codec"
	"pgregory.net/rapid"
)

func TestCodecRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := genView(t)
		got, err := DecodeView(EncodeView(v))
		if err != nil || !equalViews(got, v) {
			t.Fatalf("view %v came back as %v, %v", v, got, err)
		}
		d := v.Since(Epoch(rapid.IntRange(0, 9).Draw(t, "since")))
		back, err := DecodeDelta(EncodeDelta(d))
		if err != nil {
			t.Fatal(err)
		}
		if string(EncodeDelta(back)) != string(EncodeDelta(d)) || len(back.Partitions) != len(d.Partitions) {
			t.Fatalf("delta %v came back as %v", d, back)
		}
		changes := make([]Change, rapid.IntRange(0, 4).Draw(t, "changes"))
		for i := range changes {
			changes[i] = genChange(t, v)
		}
		same, err := DecodeChanges(EncodeChanges(changes))
		if err != nil || !slices.Equal(same, changes) {
			t.Fatalf("changes %v came back as %v, %v", changes, same, err)
		}
	})
}

// A stranger can read a view: it is a plain map with these names.
func TestEncodedNames(t *testing.T) {
	var m map[string]any
	h := &codec.MsgpackHandle{WriteExt: true}
	h.RawToString = true
	if err := codec.NewDecoderBytes(EncodeDelta(deltaView(t).Since(0)), h).Decode(&m); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	if want := []string{"cluster", "count", "epoch", "from", "master", "nodes", "parts", "replicas"}; !slices.Equal(names, want) {
		t.Errorf("names %q, want %q", names, want)
	}
	part := m["parts"].([]any)[0].(map[any]any)
	for _, name := range []string{"id", "e", "p", "s", "l"} {
		if _, ok := part[name]; !ok {
			t.Errorf("a partition has no %q: %v", name, part)
		}
	}
}

// encodeAny encodes what no function of the package would.
func encodeAny(t *testing.T, v any) []byte {
	t.Helper()
	var b []byte
	if err := codec.NewEncoderBytes(&b, &codec.MsgpackHandle{WriteExt: true}).Encode(v); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecodeSkipsLaterFields(t *testing.T) {
	type laterChange struct {
		Change
		Reason string         `codec:"reason"`
		More   map[string]int `codec:"more"`
	}
	b := encodeAny(t, map[string]any{
		"changes": []laterChange{{Change: Change{Drop, 1, 2, 3, 4}, Reason: "new", More: map[string]int{"x": 1}}},
		"version": 9,
	})
	got, err := DecodeChanges(b)
	if err != nil || !slices.Equal(got, []Change{{Drop, 1, 2, 3, 4}}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	v := deltaView(t)
	good := EncodeView(v)
	unsorted := v.Clone()
	slices.Reverse(unsorted.Nodes)
	cut := v.Since(0)
	cut.Nodes = nil
	for _, tc := range []struct {
		name string
		b    []byte
	}{
		{"nothing", nil},
		{"cut short", good[:len(good)-1]},
		{"too long", append(slices.Clone(good), 0xc0)},
		{"not a map", encodeAny(t, []int{1})},
		{"nil", encodeAny(t, nil)},
		{"an unsorted view", EncodeView(unsorted)},
		{"a wrong type", encodeAny(t, map[string]any{"epoch": "five"})},
		{"a negative epoch", encodeAny(t, map[string]any{"epoch": -1})},
		{"too many bytes", make([]byte, maxEncoded+1)},
	} {
		if got, err := DecodeView(tc.b); got != nil || !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v, %v", tc.name, got, err)
		}
	}
	if _, err := DecodeDelta(EncodeDelta(cut)); !errors.Is(err, ErrInvalid) {
		t.Errorf("a delta without its nodes: %v", err)
	}
	if _, err := DecodeChanges(EncodeChanges(make([]Change, maxChanges+1))); !errors.Is(err, ErrInvalid) {
		t.Errorf("too many changes: %v", err)
	}
	if _, err := DecodeChanges(encodeAny(t, map[string]any{"changes": []map[string]int{{"kind": 1, "p": 70000, "e": 1, "from": 1}}})); !errors.Is(err, ErrInvalid) {
		t.Errorf("a partition beyond 16 bits: %v", err)
	}
}

// What decoding allocates is bounded by a small multiple of the bytes, also
// for bytes made to be much when decoded.
func TestDecodeAllocatesLittle(t *testing.T) {
	const n = 20000
	repeat := func(field string, element ...byte) []byte {
		b := append([]byte{0x81, byte(0xa0 + len(field))}, field...)
		b = append(b, 0xdd, 0, 0, n>>8, n&0xff)
		for range n {
			b = append(b, element...)
		}
		return b
	}
	small := []byte{0x84, 0, 0, 0, 0, 0, 0, 0, 0} // a map of four pairs of zeros
	empty := []byte{0x84, 0xa0, 0, 0xa0, 0, 0xa0, 0, 0xa0, 0}
	attacks := map[string][]byte{
		"nodes of nil":        repeat("nodes", 0xc0),
		"nodes of empty maps": repeat("nodes", 0x80),
		"nodes of arrays":     repeat("nodes", 0x90),
		"nodes of zeros":      repeat("nodes", small...),
		"small nodes":         repeat("nodes", empty...),
		"small partitions":    repeat("parts", empty...),
		"small changes":       repeat("changes", empty...),
		"a later field":       repeat("later", 0xa0),
		"a claimed length":    {0x81, 0xa5, 'n', 'o', 'd', 'e', 's', 0xdd, 0xff, 0xff, 0xff, 0xff},
		"a claimed text":      {0x81, 0xa4, 'n', 'a', 'm', 'e', 0xdb, 0xff, 0xff, 0xff, 0xff},
		"a claimed map":       {0xdf, 0xff, 0xff, 0xff, 0xff},
	}
	for name, b := range attacks {
		allowed := uint64(40*len(b) + 64<<10)
		for decoder, decode := range decoders {
			if got := allocated(func() { _ = decode(b) }); got > allowed {
				t.Errorf("%s of %s allocated %d bytes for %d", decoder, name, got, len(b))
			}
		}
	}
}

// decoders are all functions of the package that read bytes of a network.
var decoders = map[string]func(b []byte) error{
	"DecodeView":    func(b []byte) error { _, err := DecodeView(b); return err },
	"DecodeDelta":   func(b []byte) error { _, err := DecodeDelta(b); return err },
	"DecodeChanges": func(b []byte) error { _, err := DecodeChanges(b); return err },
}

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func BenchmarkCodec(b *testing.B) {
	r := mustRing(b, equalMembers(16), 1024)
	var nodes []Node
	for i, name := range r.Names() {
		nodes = append(nodes, Node{Incarnation: Incarnation(i+1) << 50, Name: name, Addr: "192.168.1.1:7700"})
	}
	v, err := NewView("bench", 7, 1, nodes, r.Target(1))
	if err != nil {
		b.Fatal(err)
	}
	encoded := EncodeView(v)
	b.Run(fmt.Sprintf("encode/bytes=%d", len(encoded)), func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			EncodeView(v)
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := DecodeView(encoded); err != nil {
				b.Fatal(err)
			}
		}
	})
	one := v.Since(0)
	one.From, one.Epoch = 1, 2
	one.Partitions = slices.Clone(one.Partitions[:1])
	one.Partitions[0].Epoch = 2
	b.Run("apply one partition", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := v.Apply(one); err != nil {
				b.Fatal(err)
			}
		}
	})
}
