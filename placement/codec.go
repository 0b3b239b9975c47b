package placement

import (
	"fmt"

	"github.com/hashicorp/go-msgpack/v2/codec"
)

// maxEncoded bounds what is decoded, in bytes. The largest view that
// Validate allows with a few replicas a partition is well below it.
const maxEncoded = 8 << 20

// maxChanges bounds the changes in one request or plan.
const maxChanges = Slots

// EncodeView returns v in msgpack, a map with the names of the codec tags.
func EncodeView(v *View) []byte { return encode(v) }

// DecodeView reads what EncodeView wrote, into a view that has passed
// Validate. It keeps no part of b, never panics, and allocates no more than a
// small multiple of len(b). Errors wrap ErrInvalid.
func DecodeView(b []byte) (*View, error) {
	var v View
	if err := decode(b, &v); err != nil {
		return nil, fmt.Errorf("decode view: %w", err)
	}
	if err := v.Validate(); err != nil {
		return nil, fmt.Errorf("decode view: %w", err)
	}
	return &v, nil
}

// EncodeDelta returns d in msgpack, a map with the names of the codec tags.
func EncodeDelta(d Delta) []byte { return encode(&d) }

// DecodeDelta reads what EncodeDelta wrote, into a delta that has passed
// Validate, with DecodeView's promises.
func DecodeDelta(b []byte) (Delta, error) {
	var d Delta
	if err := decode(b, &d); err != nil {
		return Delta{}, fmt.Errorf("decode delta: %w", err)
	}
	if err := d.Validate(); err != nil {
		return Delta{}, fmt.Errorf("decode delta: %w", err)
	}
	return d, nil
}

// configurationList is how configurations are written: a map, so that fields
// can be added.
type configurationList struct {
	Partitions []Partition `codec:"parts"`
}

// EncodeConfigurations returns configurations in msgpack.
func EncodeConfigurations(configs []Partition) []byte { return encode(&configurationList{configs}) }

// DecodeConfigurations reads what EncodeConfigurations wrote, with DecodeView's
// promises, but for that a configuration is not checked: it may belong to any
// view.
func DecodeConfigurations(b []byte) ([]Partition, error) {
	var l configurationList
	if err := decode(b, &l); err != nil {
		return nil, fmt.Errorf("decode configurations: %w", err)
	}
	return l.Partitions, nil
}

// changeList is how changes travel: a map, so that fields can be added.
type changeList struct {
	Changes []Change `codec:"changes"`
}

// EncodeChanges returns changes in msgpack.
func EncodeChanges(changes []Change) []byte { return encode(&changeList{changes}) }

// DecodeChanges reads what EncodeChanges wrote, with DecodeView's promises.
// Kinds that are not known are kept: the register refuses each by itself.
func DecodeChanges(b []byte) ([]Change, error) {
	var l changeList
	if err := decode(b, &l); err != nil {
		return nil, fmt.Errorf("decode changes: %w", err)
	}
	if len(l.Changes) > maxChanges {
		return nil, fmt.Errorf("decode changes: %d, more than %d: %w", len(l.Changes), maxChanges, ErrInvalid)
	}
	return l.Changes, nil
}

// handle is never changed after this, and safe for concurrent use.
var handle = func() *codec.MsgpackHandle {
	h := &codec.MsgpackHandle{WriteExt: true}
	h.ErrorIfNoField = false // fields of a later version are skipped
	return h
}()

// encode returns v in msgpack. It can only fail for a type that msgpack does
// not have, which would be a bug here.
func encode(v any) []byte {
	var b []byte
	if err := codec.NewEncoderBytes(&b, handle).Encode(v); err != nil {
		panic(fmt.Sprintf("placement: encode %T: %v", v, err))
	}
	return b
}

// decode reads one value from the whole of b into the struct at v.
func decode(b []byte, v any) error {
	if len(b) > maxEncoded {
		return fmt.Errorf("%d bytes, more than %d: %w", len(b), maxEncoded, ErrInvalid)
	}
	if err := checkShape(b); err != nil {
		return err
	}
	if err := codec.NewDecoderBytes(b, handle).Decode(v); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}
