package wire

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"time"
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

func TestLeftResultAsGoMsgpack(t *testing.T) {
	for _, c := range []struct {
		value []byte
		left  time.Duration
		found bool
		want  any
		back  time.Duration
	}{
		{[]byte("v"), 0, true, []any{[]byte("v"), 7, 0}, 0},
		{[]byte{}, 1, true, []any{[]byte{}, 7, 1}, time.Millisecond},
		{[]byte("v"), 1500 * time.Microsecond, true, []any{[]byte("v"), 7, 2}, 2 * time.Millisecond},
		{[]byte("v"), math.MaxInt64 / time.Millisecond * time.Millisecond, true, []any{[]byte("v"), 7, math.MaxInt64 / int64(time.Millisecond)}, math.MaxInt64 / time.Millisecond * time.Millisecond},
		{nil, 0, false, nil, 0},
	} {
		data := AppendLeftResult(nil, c.value, 7, c.left, c.found)
		sameBytes(t, "result with what is left", data, strangerEncode(t, c.want))
		d := NewDecoder(data)
		value, version, left, found, err := DecodeLeftResult(d)
		if !bytes.Equal(value, c.value) || c.found && version != 7 || left != c.back || found != c.found || err != nil || d.Done() != nil {
			t.Errorf("%v comes back as %q, %d, %v, %v, %v", c.want, value, version, left, found, err)
		}
	}
	for _, v := range []any{5, "x", []any{}, []any{"v", 1}, []any{"v", 1, "x"}, []any{"v", 1, -1}, []any{"v", 1, uint64(math.MaxInt64)}, []any{"v", -1, 0}, []any{"v", 1, 2, 3}} {
		if value, _, _, found, err := DecodeLeftResult(NewDecoder(strangerEncode(t, v))); err == nil || found {
			t.Errorf("%v is taken as %q, %v", v, value, found)
		}
	}
	d := NewDecoder(AppendLeftResult(nil, []byte("value"), 7, 1, true)[:8])
	if _, _, _, found, err := DecodeLeftResult(d); found || !errors.Is(err, ErrTruncated) {
		t.Errorf("a cut result: %v, %v", found, err)
	}
}
