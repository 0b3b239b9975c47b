package wire

import "time"

// AppendVersionedResult appends the result of a Get with Options.WithVersion:
// [value, version], or nil when not found.
func AppendVersionedResult(buf, value []byte, version uint64, found bool) []byte {
	if !found {
		return AppendNil(buf)
	}
	return AppendVersionedTail(append(AppendVersionedHead(buf, len(value)), value...), version)
}

// AppendVersionedHead appends what AppendVersionedResult puts before a value of
// n bytes, AppendVersionedTail what it puts after it.
func AppendVersionedHead(buf []byte, n int) []byte {
	return AppendBinHeader(AppendArrayHeader(buf, 2), n)
}

// AppendVersionedTail belongs to AppendVersionedHead.
func AppendVersionedTail(buf []byte, version uint64) []byte { return AppendUint(buf, version) }

// DecodeVersionedResult reads the result of a Get with Options.WithVersion;
// value aliases the input and is not nil when found.
func DecodeVersionedResult(d *Decoder) (value []byte, version uint64, found bool, err error) {
	if d.Nil() {
		return nil, 0, false, nil
	}
	d.params(2, 2)
	value, version = d.Bytes(), d.Uint()
	return value, version, d.err == nil, d.err
}

// AppendLeftResult appends the result of a Get with Options.WithLeft:
// [value, version, left], or nil when not found. left is what remains of the
// time to live, 0 for ever, on the wire in milliseconds, rounded up.
func AppendLeftResult(buf, value []byte, version uint64, left time.Duration, found bool) []byte {
	if !found {
		return AppendNil(buf)
	}
	return AppendLeftTail(append(AppendLeftHead(buf, len(value)), value...), version, left)
}

// AppendLeftHead appends what AppendLeftResult puts before a value of n bytes,
// AppendLeftTail what it puts after it.
func AppendLeftHead(buf []byte, n int) []byte {
	return AppendBinHeader(AppendArrayHeader(buf, 3), n)
}

// AppendLeftTail belongs to AppendLeftHead.
func AppendLeftTail(buf []byte, version uint64, left time.Duration) []byte {
	return AppendInt(AppendUint(buf, version), milliseconds(left))
}

// DecodeLeftResult reads the result of a Get with Options.WithLeft; value
// aliases the input and is not nil when found.
func DecodeLeftResult(d *Decoder) (value []byte, version uint64, left time.Duration, found bool, err error) {
	if d.Nil() {
		return nil, 0, 0, false, nil
	}
	d.params(3, 3)
	value, version, left = d.Bytes(), d.Uint(), d.ttl()
	return value, version, left, d.err == nil, d.err
}
