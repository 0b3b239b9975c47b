package wire

import (
	"bytes"
	"errors"
	"math"
	"testing"
)

func TestVersionedResultAsGoMsgpack(t *testing.T) {
	for _, c := range []struct {
		value   []byte
		version uint64
		found   bool
		want    any
	}{
		{[]byte("v"), 7, true, []any{[]byte("v"), 7}},
		{[]byte{}, math.MaxUint64, true, []any{[]byte{}, uint64(math.MaxUint64)}},
		{nil, 0, false, nil},
	} {
		data := AppendVersionedResult(nil, c.value, c.version, c.found)
		sameBytes(t, "versioned result", data, strangerEncode(t, c.want))
		d := NewDecoder(data)
		value, version, found, err := DecodeVersionedResult(d)
		if !bytes.Equal(value, c.value) || version != c.version || found != c.found || err != nil || d.Done() != nil {
			t.Errorf("%v comes back as %q, %d, %v, %v", c.want, value, version, found, err)
		}
		if (value != nil) != c.found {
			t.Errorf("value %v, found %v", value, found)
		}
	}
	for _, v := range []any{5, "x", []any{}, []any{"v"}, []any{"v", "x"}, []any{"v", -1}, []any{5, 5}, []any{"v", 1, 2}} {
		if value, _, found, err := DecodeVersionedResult(NewDecoder(strangerEncode(t, v))); err == nil || found {
			t.Errorf("%v is taken as %q, %v", v, value, found)
		}
	}
	d := NewDecoder(AppendVersionedResult(nil, []byte("value"), 7, true)[:4])
	if _, _, found, err := DecodeVersionedResult(d); found || !errors.Is(err, ErrTruncated) {
		t.Errorf("a cut result: %v, %v", found, err)
	}
}
