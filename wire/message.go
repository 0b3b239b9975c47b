package wire

import (
	"fmt"
	"math"
)

// MessageKind is the first element of a MessagePack-RPC message.
type MessageKind uint8

// The kinds of message, with the specification's numbers.
const (
	Request  MessageKind = 0
	Response MessageKind = 1
	Notify   MessageKind = 2
)

// Message is one parsed message. Its slices alias the frame.
type Message struct {
	Kind   MessageKind
	ID     uint32 // of a request or response
	Method []byte // of a request or notification
	Params []byte // of a request or notification: the raw array, header included
	Err    []byte // of a response: the raw error (DecodeError), nil when it is nil
	Result []byte // of a response: the raw result
}

// ParseMessage splits a frame into its fields without copying. The frame is
// one whole value, as FrameReader returns it; that Params and Result are
// well formed shows when they are decoded. The error wraps ErrNotMessage or
// one of the decoder's.
func ParseMessage(frame []byte) (Message, error) {
	d := Decoder{data: frame}
	n := d.ArrayHeader()
	m := Message{Kind: d.messageKind()}
	switch {
	case d.err != nil:
	case m.Kind == Request && n == 4:
		m.ID = d.messageID()
		m.Method = d.Bytes()
		m.Params = d.rest(KindArray)
	case m.Kind == Response && n == 4:
		m.ID = d.messageID()
		if !d.Nil() {
			m.Err = d.Raw()
		}
		m.Result = d.rest(KindNone)
	case m.Kind == Notify && n == 3:
		m.Method = d.Bytes()
		m.Params = d.rest(KindArray)
	default:
		d.err = ErrNotMessage
	}
	if d.err != nil {
		return Message{}, fmt.Errorf("parse message: %w", d.err)
	}
	return m, nil
}

// messageKind reads a message kind, which may be unknown.
func (d *Decoder) messageKind() MessageKind { return MessageKind(min(d.Uint(), math.MaxUint8)) }

// messageID reads a message id, which is a uint32.
func (d *Decoder) messageID() uint32 {
	id := d.Uint()
	if id > math.MaxUint32 {
		d.Fail(ErrRange)
		return 0
	}
	return uint32(id)
}

// rest consumes all bytes that are left, which begin with a value of the
// given kind (KindNone: any).
func (d *Decoder) rest(want Kind) []byte {
	if d.err != nil {
		return nil
	}
	h, err := readHeader(d.data[d.off:])
	if err == nil && want != KindNone && h.kind != want {
		err = ErrNotMessage
	}
	if err != nil {
		d.err = err
		return nil
	}
	from := d.off
	d.off = len(d.data)
	return d.data[from:]
}

// messageHead reads the kind and the id of a request or response from the
// first bytes of a message that need not be whole.
func messageHead(head []byte) (kind MessageKind, id uint32, ok bool) {
	h, err := readHeader(head)
	if err != nil || h.kind != KindArray || h.n != 4 {
		return 0, 0, false
	}
	d := Decoder{data: head, off: int(h.size)}
	kind = d.messageKind()
	id = d.messageID()
	return kind, id, d.err == nil && (kind == Request || kind == Response)
}

// ResponseID reads the id of a response from its first bytes.
func ResponseID(head []byte) (id uint32, ok bool) {
	kind, id, ok := messageHead(head)
	return id, ok && kind == Response
}

// AppendRequest appends a request up to its parameters, which the caller
// appends as one array.
func AppendRequest(buf []byte, id uint32, method string) []byte {
	buf = append(buf, codeFixArray|4, byte(Request))
	buf = AppendUint(buf, uint64(id))
	return AppendStr(buf, method)
}

// AppendNotify appends a notification up to its parameters, which the caller
// appends as one array.
func AppendNotify(buf []byte, method string) []byte {
	buf = append(buf, codeFixArray|3, byte(Notify))
	return AppendStr(buf, method)
}

// AppendResponseOK appends a response up to its result, which the caller
// appends as one value.
func AppendResponseOK(buf []byte, id uint32) []byte {
	buf = append(buf, codeFixArray|4, byte(Response))
	buf = AppendUint(buf, uint64(id))
	return AppendNil(buf)
}

// AppendResponseError appends a whole response that carries e.
func AppendResponseError(buf []byte, id uint32, e *Error) []byte {
	buf = append(buf, codeFixArray|4, byte(Response))
	buf = AppendUint(buf, uint64(id))
	return AppendNil(AppendError(buf, e))
}
