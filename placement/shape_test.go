package placement

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCheckShape(t *testing.T) {
	nest := func(depth int) []byte { // a map in a map in a map
		return append(bytes.Repeat([]byte{0x81, 0xa1, 'x'}, depth), 0x80)
	}
	inList := func(element ...byte) []byte { return append([]byte{0x81, 0xa1, 'x', 0x91}, element...) }
	value := func(v ...byte) []byte { return append([]byte{0x81, 0xa1, 'x'}, v...) }
	for _, tc := range []struct {
		name string
		b    []byte
		want string // part of the error, "" for none
	}{
		{"empty map", []byte{0x80}, ""},
		{"wide empty map", []byte{0xdf, 0, 0, 0, 0}, ""},
		{"fixint", value(0x7f), ""},
		{"negative fixint", value(0xe0), ""},
		{"uint8", value(0xcc, 1), ""},
		{"uint64", value(0xcf, 1, 2, 3, 4, 5, 6, 7, 8), ""},
		{"int16", value(0xd1, 1, 2), ""},
		{"bool", value(0xc3), ""},
		{"nil", value(0xc0), ""},
		{"str8", value(0xd9, 2, 'a', 'b'), ""},
		{"bin16", value(0xc5, 0, 1, 'a'), ""},
		{"str32", value(0xdb, 0, 0, 0, 1, 'a'), ""},
		{"array16", value(0xdc, 0, 2, 1, 2), ""},
		{"array32", value(0xdd, 0, 0, 0, 1, 0xa1, 'b'), ""},
		{"map16", value(0xde, 0, 1, 1, 2), ""},
		{"a map of four fields in a list", inList(0x84, 1, 1, 2, 2, 3, 3, 4, 4), ""},
		{"as deep as allowed", nest(maxDepth - 1), ""},

		{"nothing", nil, "not a msgpack map"},
		{"a number", []byte{1}, "not a msgpack map"},
		{"an array", []byte{0x90}, "not a msgpack map"},
		{"two values", []byte{0x80, 0x80}, "1 bytes after the end"},
		{"too deep", nest(maxDepth), "nested too deeply"},
		{"float", value(0xca, 0, 0, 0, 0), "unexpected type 0xca"},
		{"extension", value(0xd4, 1, 1), "unexpected type 0xd4"},
		{"the unused type", value(0xc1), "unexpected type 0xc1"},
		{"no value", []byte{0x81, 0xa1, 'x'}, "ends too early"},
		{"short uint", value(0xcd, 1), "claims 2"},
		{"short str", value(0xa2, 'a'), "claims 2"},
		{"short str8", value(0xd9), "ends too early"},
		{"short array16", value(0xdc, 0), "ends too early"},
		{"short bin32", value(0xc6, 0, 0, 0), "ends too early"},
		{"array without elements", value(0x92, 1), "claims 2"},
		{"map without a value", value(0x81, 1), "ends too early"},
		{"nil in a list", inList(0xc0), "unexpected element 0xc0"},
		{"a list in a list", inList(0x90), "unexpected element 0x90"},
		{"a small map in a list", inList(0x83, 1, 1, 2, 2, 3, 3), "a map of 3 fields"},
		{"a short map in a list", inList(0xde, 0), "ends too early"},
		{"a list that ends", value(0x92, 0xa1, 'a'), "ends too early"},
	} {
		err := checkShape(tc.b)
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%s: %v", tc.name, err)
		case tc.want != "" && (!errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

// What the package encodes has the shape, and no part of it has.
func TestShapeOfEncodings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := genView(t)
		for _, b := range [][]byte{EncodeView(v), EncodeDelta(v.Since(0)), EncodeChanges([]Change{genChange(t, v)})} {
			if err := checkShape(b); err != nil {
				t.Fatal(err)
			}
			cut := rapid.IntRange(0, len(b)-1).Draw(t, "cut")
			if checkShape(b[:cut]) == nil {
				t.Fatalf("%d of %d bytes pass", cut, len(b))
			}
		}
	})
}
