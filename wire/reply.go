package wire

import "slices"

// GetResult is what MGet says of one key.
type GetResult struct {
	Value []byte // aliases the input when decoded
	Found bool
	Err   *Error // this key alone failed
}

// PutResult is what MPut says of one pair.
type PutResult struct {
	Version uint64
	Err     *Error // this pair alone failed
}

// DelResult is what MDel says of one key.
type DelResult struct {
	Found bool   // the key existed
	Err   *Error // this key alone failed
}

// AppendGetResult appends the result of Get: bin, or nil when not found. It
// is also one element of MGet's. Put's result is AppendUint of the version,
// Del's AppendInt of the count.
func AppendGetResult(buf, value []byte, found bool) []byte {
	if !found {
		return AppendNil(buf)
	}
	return AppendBin(buf, value)
}

// DecodeGetResult reads the result of Get; value aliases the input and is
// not nil when found.
func DecodeGetResult(d *Decoder) (value []byte, found bool, err error) {
	if d.Nil() {
		return nil, false, nil
	}
	value = d.Bytes()
	return value, d.err == nil, d.err
}

// AppendMGetResult appends the result of MGet.
func AppendMGetResult(buf []byte, results []GetResult) []byte {
	buf = AppendArrayHeader(buf, len(results))
	for _, r := range results {
		if r.Err != nil {
			buf = AppendError(buf, r.Err)
		} else {
			buf = AppendGetResult(buf, r.Value, r.Found)
		}
	}
	return buf
}

// DecodeMGetResult reads the result of MGet and appends it to into. Values
// alias the input.
func DecodeMGetResult(d *Decoder, into []GetResult) ([]GetResult, error) {
	return decodeResults(d, into, func(r *GetResult) {
		if r.Err = d.elementError(); r.Err == nil {
			r.Value, r.Found, _ = DecodeGetResult(d)
		}
	})
}

// AppendMPutResult appends the result of MPut.
func AppendMPutResult(buf []byte, results []PutResult) []byte {
	buf = AppendArrayHeader(buf, len(results))
	for _, r := range results {
		if r.Err != nil {
			buf = AppendError(buf, r.Err)
		} else {
			buf = AppendUint(buf, r.Version)
		}
	}
	return buf
}

// DecodeMPutResult reads the result of MPut and appends it to into.
func DecodeMPutResult(d *Decoder, into []PutResult) ([]PutResult, error) {
	return decodeResults(d, into, func(r *PutResult) {
		if r.Err = d.elementError(); r.Err == nil {
			r.Version = d.Uint()
		}
	})
}

// AppendMDelResult appends the result of MDel.
func AppendMDelResult(buf []byte, results []DelResult) []byte {
	buf = AppendArrayHeader(buf, len(results))
	for _, r := range results {
		if r.Err != nil {
			buf = AppendError(buf, r.Err)
		} else {
			buf = AppendBool(buf, r.Found)
		}
	}
	return buf
}

// DecodeMDelResult reads the result of MDel and appends it to into.
func DecodeMDelResult(d *Decoder, into []DelResult) ([]DelResult, error) {
	return decodeResults(d, into, func(r *DelResult) {
		if r.Err = d.elementError(); r.Err == nil {
			r.Found = d.Bool()
		}
	})
}

// decodeResults reads an array, each element by one call of element.
func decodeResults[R any](d *Decoder, into []R, element func(*R)) ([]R, error) {
	n := d.ArrayHeader()
	into = slices.Grow(into, n)
	for i := 0; i < n && d.err == nil; i++ {
		var r R
		element(&r)
		into = append(into, r)
	}
	if d.err != nil {
		return nil, d.err
	}
	return into, nil
}

// elementError reads the next value if it is an error, which is the only
// array among the results of one key.
func (d *Decoder) elementError() *Error {
	if d.Kind() != KindArray {
		return nil
	}
	return DecodeError(d)
}
