package wire

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/hashicorp/go-msgpack/v2/codec"
	"pgregory.net/rapid"
)

// stranger is go-msgpack set up to choose the shortest forms, as this
// package does: the second opinion on every byte.
func stranger() *codec.MsgpackHandle {
	h := &codec.MsgpackHandle{WriteExt: true}
	h.PositiveIntUnsigned = true
	h.RawToString = false
	return h
}

func strangerEncode(t testing.TB, v any) []byte {
	t.Helper()
	var out []byte
	if err := codec.NewEncoderBytes(&out, stranger()).Encode(v); err != nil {
		t.Fatal(err)
	}
	return out
}

func strangerDecode[T any](t testing.TB, data []byte) T {
	t.Helper()
	var v T
	if err := codec.NewDecoderBytes(data, stranger()).Decode(&v); err != nil {
		t.Fatalf("go-msgpack cannot read % x: %v", data, err)
	}
	return v
}

func sameBytes(t testing.TB, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		if len(got) > 64 {
			got = got[:64]
		}
		if len(want) > 64 {
			want = want[:64]
		}
		t.Fatalf("%s: bytes differ from go-msgpack's\n got % x\nwant % x", what, got, want)
	}
}

var uints = []uint64{0, 1, 127, 128, 255, 256, 65535, 65536, math.MaxUint32, math.MaxUint32 + 1, math.MaxInt64, math.MaxUint64}

var ints = []int64{0, 127, 128, -1, -32, -33, -128, -129, -32768, -32769, math.MinInt32, math.MinInt32 - 1, math.MinInt64, math.MaxInt64}

func TestNumbersAsGoMsgpack(t *testing.T) {
	for _, u := range uints {
		got := AppendUint(nil, u)
		sameBytes(t, "uint", got, strangerEncode(t, u))
		d := NewDecoder(got)
		if back := d.Uint(); back != u || d.Done() != nil {
			t.Errorf("Uint of % x = %d, %v, want %d", got, back, d.Done(), u)
		}
	}
	for _, i := range ints {
		got := AppendInt(nil, i)
		sameBytes(t, "int", got, strangerEncode(t, i))
		d := NewDecoder(got)
		if back := d.Int(); back != i || d.Done() != nil {
			t.Errorf("Int of % x = %d, %v, want %d", got, back, d.Done(), i)
		}
	}
}

func TestSignedFormsReadAsUint(t *testing.T) {
	h := stranger()
	h.PositiveIntUnsigned = false // 128 becomes an int16, as some peers write it
	for _, i := range ints {
		var data []byte
		if err := codec.NewEncoderBytes(&data, h).Encode(i); err != nil {
			t.Fatal(err)
		}
		d := NewDecoder(data)
		u := d.Uint()
		if i >= 0 && (u != uint64(i) || d.Done() != nil) {
			t.Errorf("Uint of % x = %d, %v, want %d", data, u, d.Done(), i)
		}
		if i < 0 && !errors.Is(d.Err(), ErrRange) {
			t.Errorf("Uint of %d: %v, want ErrRange", i, d.Err())
		}
	}
	d := NewDecoder(AppendUint(nil, math.MaxInt64+1))
	if d.Int(); !errors.Is(d.Err(), ErrRange) {
		t.Errorf("Int over the range: %v, want ErrRange", d.Err())
	}
}

func TestStringsAsGoMsgpack(t *testing.T) {
	for _, n := range []int{0, 1, 31, 32, 255, 256, 65535, 65536} {
		s := strings.Repeat("x", n)
		str, bin := AppendStr(nil, s), AppendBin(nil, []byte(s))
		sameBytes(t, "str", str, strangerEncode(t, s))
		sameBytes(t, "bin", bin, strangerEncode(t, []byte(s)))
		for _, data := range [][]byte{str, bin} {
			d := NewDecoder(data)
			b := d.Bytes()
			if string(b) != s || b == nil || cap(b) != n || d.Done() != nil {
				t.Errorf("Bytes of %d bytes: len %d, cap %d, %v", n, len(b), cap(b), d.Done())
			}
			for cut := range min(len(data), 8) {
				d.Reset(data[:cut])
				if b := d.Bytes(); b != nil || !errors.Is(d.Err(), ErrTruncated) {
					t.Errorf("Bytes cut at %d of %d = %q, %v", cut, len(data), b, d.Err())
				}
			}
		}
	}
}

func TestContainersAsGoMsgpack(t *testing.T) {
	for _, n := range []int{0, 1, 15, 16, 65535, 65536} {
		data := AppendArrayHeader(nil, n)
		for range n {
			data = AppendNil(data)
		}
		sameBytes(t, "array", data, strangerEncode(t, make([]any, n)))
		d := NewDecoder(data)
		if got := d.ArrayHeader(); got != n {
			t.Errorf("ArrayHeader = %d, %v, want %d", got, d.Err(), n)
		}
		m := AppendMapHeader(nil, n)
		want := AppendArrayHeader(nil, n)
		if len(m) != len(want) {
			t.Errorf("map header of %d takes %d bytes, want %d", n, len(m), len(want))
		}
		for i := range n {
			m = AppendBool(AppendUint(m, uint64(i)), i%2 == 0)
		}
		if back := strangerDecode[map[uint64]bool](t, m); len(back) != n {
			t.Errorf("go-msgpack reads %d pairs, want %d", len(back), n)
		}
	}
}

func TestCountsAreBoundedByWhatIsThere(t *testing.T) {
	for _, data := range [][]byte{
		{codeArray32, 0xff, 0xff, 0xff, 0xff, 1, 2, 3},
		{codeFixArray | 4, 1, 2, 3},
		{codeMap32, 0xff, 0xff, 0xff, 0xff, 1, 2, 3},
		{codeFixMap | 2, 1, 2, 3},
	} {
		d := NewDecoder(data)
		n := 0
		if d.Kind() == KindArray {
			n = d.ArrayHeader()
		} else {
			n = d.MapHeader()
		}
		if n != 0 || !errors.Is(d.Err(), ErrTruncated) {
			t.Errorf("count of % x = %d, %v, want ErrTruncated", data, n, d.Err())
		}
	}
}

func TestDecoderErrorSticks(t *testing.T) {
	d := NewDecoder(AppendUint(AppendStr(nil, "x"), 7))
	if d.Uint(); !errors.Is(d.Err(), ErrType) {
		t.Fatalf("Uint of a str: %v", d.Err())
	}
	d.Skip()
	d.Fail(ErrRange)
	if d.Bytes() != nil || d.Str() != "" || d.Int() != 0 || d.Bool() || d.Nil() || d.More() ||
		d.ArrayHeader() != 0 || d.MapHeader() != 0 || d.Raw() != nil || d.Kind() != KindNone {
		t.Error("a failed decoder still returns values")
	}
	if !errors.Is(d.Done(), ErrType) {
		t.Errorf("Done = %v, want the first error", d.Done())
	}
}

// anything draws nested values of all types that go-msgpack can encode.
func anything() *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Uint64().AsAny(),
		rapid.Float32().AsAny(), rapid.Float64().AsAny(),
		rapid.String().AsAny(), rapid.SliceOf(rapid.Byte()).AsAny(),
		rapid.Custom(func(t *rapid.T) codec.RawExt {
			n := rapid.SampledFrom([]int{1, 2, 3, 4, 8, 16, 17, 255, 256, 70000}).Draw(t, "ext")
			return codec.RawExt{Tag: 5, Data: make([]byte, n)}
		}).AsAny(),
	)
	return rapid.OneOf(leaf,
		rapid.SliceOfN(leaf, 0, 40).AsAny(),
		rapid.MapOfN(rapid.String(), leaf, 0, 40).AsAny(),
		rapid.SliceOfN(rapid.SliceOfN(rapid.MapOf(rapid.Int(), leaf), 0, 3), 0, 3).AsAny(),
	)
}

func TestSkipFindsTheEndOfAnyValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var data []byte
		if err := codec.NewEncoderBytes(&data, stranger()).Encode(anything().Draw(t, "value")); err != nil {
			t.Fatal(err)
		}
		d := NewDecoder(append(bytes.Clone(data), 0xc3))
		raw := d.Raw()
		if !bytes.Equal(raw, data) {
			t.Fatalf("Raw took %d bytes of %d: %v", len(raw), len(data), d.Err())
		}
		if !d.Bool() || d.Done() != nil {
			t.Fatalf("after Raw: %v", d.Done())
		}
		cut := rapid.IntRange(0, len(data)-1).Draw(t, "cut")
		d.Reset(data[:cut])
		if d.Skip(); !errors.Is(d.Err(), ErrTruncated) {
			t.Fatalf("Skip of %d bytes out of %d: %v", cut, len(data), d.Err())
		}
	})
}

func TestSkipRefusesDeepAndMalformed(t *testing.T) {
	d := NewDecoder(bytes.Repeat([]byte{codeFixArray | 1}, 1000))
	if d.Skip(); !errors.Is(d.Err(), ErrTooDeep) {
		t.Errorf("a thousand arrays inside each other: %v", d.Err())
	}
	d.Reset([]byte{codeFixArray | 1, codeNever})
	if d.Skip(); !errors.Is(d.Err(), ErrMalformed) {
		t.Errorf("0xc1: %v", d.Err())
	}
}

func TestOversizedHeaderIsABug(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a negative length was encoded")
		}
	}()
	AppendArrayHeader(nil, -1)
}
