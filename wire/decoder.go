package wire

import (
	"encoding/binary"
	"errors"
	"math"
)

// Errors of the decoder and the frame reader. Match them with errors.Is.
var (
	// ErrTruncated: the bytes end inside a value.
	ErrTruncated = errors.New("msgpack value is cut short")
	// ErrMalformed: the bytes are not msgpack, or bytes follow the last value.
	ErrMalformed = errors.New("malformed msgpack")
	// ErrType: a value has another type than the reader asked for.
	ErrType = errors.New("unexpected msgpack type")
	// ErrRange: a number does not fit the type asked for.
	ErrRange = errors.New("number out of range")
	// ErrTooDeep: values nest deeper than the limit.
	ErrTooDeep = errors.New("values nest too deep")
	// ErrTooMany: more elements than the limit.
	ErrTooMany = errors.New("too many elements")
)

// Decoder reads msgpack values from a byte slice. It copies nothing: byte
// slices that it returns alias the input. The first error sticks; after it
// every method returns a zero value. It never panics. The zero Decoder reads
// an empty input. Not safe for concurrent use.
type Decoder struct {
	data []byte
	off  int
	err  error
}

// NewDecoder makes a decoder that reads data.
func NewDecoder(data []byte) *Decoder { return &Decoder{data: data} }

// Reset makes d read data from its start, without error.
func (d *Decoder) Reset(data []byte) { *d = Decoder{data: data} }

// Err returns the first error, or nil.
func (d *Decoder) Err() error { return d.err }

// Fail makes err the decoder's error unless it has one.
func (d *Decoder) Fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// Done returns the first error, or ErrMalformed when bytes are left.
func (d *Decoder) Done() error {
	if d.err == nil && d.off < len(d.data) {
		return ErrMalformed
	}
	return d.err
}

// More reports whether bytes are left and no error happened.
func (d *Decoder) More() bool { return d.err == nil && d.off < len(d.data) }

// Kind is the type of the next value, which is not consumed: KindNone at the
// end, after an error, or when no value begins so.
func (d *Decoder) Kind() Kind {
	if d.err != nil {
		return KindNone
	}
	h, _ := readHeader(d.data[d.off:])
	return h.kind
}

// header consumes the header of a value of the given kind, or fails.
func (d *Decoder) header(kind Kind) header {
	if d.err != nil {
		return header{}
	}
	h, err := readHeader(d.data[d.off:])
	switch {
	case err != nil:
		d.err = err
		return header{}
	case h.kind != kind:
		d.err = ErrType
		return header{}
	}
	d.off += int(h.size)
	return h
}

// Nil consumes the next value if it is nil and reports whether it was.
func (d *Decoder) Nil() bool {
	if !d.More() || d.data[d.off] != codeNil {
		return false
	}
	d.off++
	return true
}

// Bool reads a boolean.
func (d *Decoder) Bool() bool {
	d.header(KindBool)
	return d.err == nil && d.data[d.off-1] == codeTrue
}

// Uint reads an integer that is not negative, however it is encoded.
func (d *Decoder) Uint() uint64 {
	u, negative := d.integer()
	if negative {
		d.Fail(ErrRange)
		return 0
	}
	return u
}

// Int reads an integer that fits an int64, however it is encoded.
func (d *Decoder) Int() int64 {
	u, negative := d.integer()
	if !negative && u > math.MaxInt64 {
		d.Fail(ErrRange)
		return 0
	}
	return int64(u)
}

// integer reads an integer; a negative one comes in two's complement.
func (d *Decoder) integer() (u uint64, negative bool) {
	h := d.header(KindInt)
	if d.err != nil {
		return 0, false
	}
	p := d.data[d.off-int(h.size) : d.off]
	var i int64
	switch p[0] {
	case codeUint8:
		return uint64(p[1]), false
	case codeUint16:
		return uint64(binary.BigEndian.Uint16(p[1:])), false
	case codeUint32:
		return uint64(binary.BigEndian.Uint32(p[1:])), false
	case codeUint64:
		return binary.BigEndian.Uint64(p[1:]), false
	case codeInt8:
		i = int64(int8(p[1]))
	case codeInt16:
		i = int64(int16(binary.BigEndian.Uint16(p[1:])))
	case codeInt32:
		i = int64(int32(binary.BigEndian.Uint32(p[1:])))
	case codeInt64:
		i = int64(binary.BigEndian.Uint64(p[1:]))
	default:
		i = int64(int8(p[0])) // 0..127 and -32..-1 are their own bytes
	}
	return uint64(i), i < 0
}

// Bytes reads a bin or a str. The result aliases the input and has no spare
// capacity; it is nil only after an error.
func (d *Decoder) Bytes() []byte {
	kind := d.Kind()
	if kind != KindStr {
		kind = KindBin
	}
	h := d.header(kind)
	if d.err != nil {
		return nil
	}
	if uint64(h.n) > uint64(len(d.data)-d.off) {
		d.err = ErrTruncated
		return nil
	}
	from, to := d.off, d.off+int(h.n)
	d.off = to
	return d.data[from:to:to]
}

// Str reads a str or a bin as a string of its own.
func (d *Decoder) Str() string { return string(d.Bytes()) }

// ArrayHeader reads the header of an array and returns its length, which is
// never more than the number of bytes that are left.
func (d *Decoder) ArrayHeader() int { return d.count(KindArray, 1) }

// MapHeader reads the header of a map and returns its number of pairs, which
// is never more than half the number of bytes that are left.
func (d *Decoder) MapHeader() int { return d.count(KindMap, 2) }

// count reads the header of a container whose n items take at least least
// bytes each, so that a caller may allocate for n items.
func (d *Decoder) count(kind Kind, least uint64) int {
	h := d.header(kind)
	if d.err == nil && uint64(h.n)*least > uint64(len(d.data)-d.off) {
		d.err = ErrTruncated
	}
	if d.err != nil {
		return 0
	}
	return int(h.n)
}

// Skip reads over one value of any type.
func (d *Decoder) Skip() { d.Raw() }

// Raw reads over one value of any type and returns its bytes, which alias
// the input.
func (d *Decoder) Raw() []byte {
	if d.err != nil {
		return nil
	}
	var s scanner
	s.reset(maxDepth, len(d.data))
	n, done, err := s.advance(d.data[d.off:])
	if err == nil && !done || errors.Is(err, ErrTooMany) {
		err = ErrTruncated // more elements than there are bytes, too
	}
	if err != nil {
		d.err = err
		return nil
	}
	from, to := d.off, d.off+n
	d.off = to
	return d.data[from:to:to]
}
