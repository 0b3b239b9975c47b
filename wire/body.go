package wire

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/hashicorp/go-msgpack/v2/codec"
)

// Limits on map bodies, beside MaxBody. They bound what decoding allocates:
// an element may be one byte on the wire and a whole struct in memory.
const (
	bodyDepth    = 16
	bodyElements = 1 << 16
)

// bodyHandle is go-msgpack's configuration for bodies; it is not changed
// after it is made, and safe for concurrent use.
var bodyHandle = newBodyHandle()

func newBodyHandle() *codec.MsgpackHandle {
	h := &codec.MsgpackHandle{WriteExt: true} // []byte travels as bin, strings as str
	h.PositiveIntUnsigned = true              // the shortest form, as AppendUint writes it
	h.MaxDepth = bodyDepth
	h.MaxInitLen = 1024 // elements made room for on the strength of a header
	return h
}

// MarshalBody encodes v, a struct with codec tags or a pointer to one, as
// one msgpack map: the result of a method with a map body. A body that
// UnmarshalBody would not take, say one over MaxBody, is an error.
func MarshalBody(v any) ([]byte, error) {
	var body []byte
	err := codecErr(func() error { return codec.NewEncoderBytes(&body, bodyHandle).Encode(v) })
	if err == nil {
		err = checkBody(body)
	}
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return body, nil
}

// AppendBody appends what MarshalBody returns. After an error buf is
// returned as it was.
func AppendBody(buf []byte, v any) ([]byte, error) {
	body, err := MarshalBody(v)
	return append(buf, body...), err
}

// UnmarshalBody decodes one msgpack map into *v, a struct with codec tags,
// which it zeroes first. Names that the struct does not have are ignored;
// str and bin are the same. Nothing in *v aliases data. Numbers are checked
// against the size of their field only: whether they make sense is for the
// caller to say.
func UnmarshalBody(data []byte, v any) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return fmt.Errorf("decode %T: not a pointer to a struct", v)
	}
	target.Elem().SetZero()
	err := checkBody(data)
	if err == nil {
		err = codecErr(func() error { return codec.NewDecoderBytes(data, bodyHandle).Decode(v) })
	}
	if err != nil {
		target.Elem().SetZero()
		return fmt.Errorf("decode %T: %w", v, err)
	}
	return nil
}

// AppendBodyParams appends the parameters [body], or [] when v is nil. After
// an error buf is returned as it was.
func AppendBodyParams(buf []byte, v any) ([]byte, error) {
	if v == nil {
		return AppendArrayHeader(buf, 0), nil
	}
	body, err := MarshalBody(v)
	if err != nil {
		return buf, err
	}
	return append(AppendArrayHeader(buf, 1), body...), nil
}

// UnmarshalBodyParams reads the parameters [body] into *v, or [] when v is
// nil. Its errors are *Error with CodeBadRequest.
func UnmarshalBodyParams(params []byte, v any) error {
	d := Decoder{data: params}
	if v == nil {
		d.params(0, 0)
		return d.paramsDone("want no parameters")
	}
	d.params(1, 1)
	body := d.rest(KindMap)
	if err := d.paramsDone("want one map"); err != nil {
		return err
	}
	if err := UnmarshalBody(body, v); err != nil {
		return Errorf(CodeBadRequest, "want one map: %v", err)
	}
	return nil
}

// checkBody makes sure that data is one map within the limits. go-msgpack
// decodes nothing else; it has no limits of its own.
func checkBody(data []byte) error {
	if len(data) > MaxBody {
		return ErrFrameTooLarge
	}
	if h, err := readHeader(data); err != nil {
		return err
	} else if h.kind != KindMap {
		return ErrType
	}
	var s scanner
	s.reset(bodyDepth, bodyElements)
	n, done, err := s.advance(data)
	switch {
	case err != nil:
		return err
	case !done:
		return ErrTruncated
	case n < len(data):
		return ErrMalformed
	}
	return nil
}

// codecErr calls f and returns its error, or its panic as one.
func codecErr(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.Join(ErrMalformed, fmt.Errorf("panic: %v", p))
		}
	}()
	return f()
}
