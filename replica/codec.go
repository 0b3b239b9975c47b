package replica

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"pikv/placement"
)

// ErrBadBatch is returned for a batch of messages that does not decode.
var ErrBadBatch = errors.New("malformed replication batch")

// AppendMessage appends m's encoding to buf. Integers are uvarints, byte
// strings are preceded by their length; the layout follows the order of the
// fields of Message.
func AppendMessage(buf []byte, m *Message) []byte {
	buf = append(buf, byte(m.Kind))
	buf = binary.AppendUvarint(buf, uint64(m.Partition))
	buf = binary.AppendUvarint(buf, uint64(m.Epoch))
	buf = binary.AppendUvarint(buf, uint64(m.Prev))
	buf = binary.AppendUvarint(buf, uint64(m.PrevEpoch))
	switch m.Kind {
	case MsgAppend:
		buf = binary.AppendUvarint(buf, uint64(m.Commit))
		buf = binary.AppendUvarint(buf, uint64(len(m.Entries)))
		for i := range m.Entries {
			e := &m.Entries[i]
			buf = append(buf, byte(e.Kind))
			buf = binary.AppendUvarint(buf, uint64(e.Epoch))
			buf = binary.AppendUvarint(buf, uint64(e.Number))
			buf = appendBytes(buf, e.Key)
			buf = appendBytes(buf, e.Value)
			buf = binary.AppendUvarint(buf, uint64(e.TTL))
			buf = binary.AppendUvarint(buf, uint64(e.Version))
		}
	case MsgFill:
		buf = binary.AppendUvarint(buf, m.From)
		buf = appendBool(buf, m.Done)
		buf = binary.AppendUvarint(buf, uint64(len(m.Items)))
		for i := range m.Items {
			it := &m.Items[i]
			buf = appendBytes(buf, it.Key)
			buf = appendBytes(buf, it.Value)
			buf = binary.AppendUvarint(buf, uint64(it.Version))
			buf = binary.AppendUvarint(buf, uint64(it.TTL))
		}
	case MsgAck:
		buf = binary.AppendUvarint(buf, uint64(m.Commit))
		buf = binary.AppendUvarint(buf, m.From)
		buf = appendBool(buf, m.Done)
		buf = appendBool(buf, m.Full)
	}
	return buf
}

func appendBytes(buf, b []byte) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(b))), b...)
}

func appendBool(buf []byte, b bool) []byte {
	if b {
		return append(buf, 1)
	}
	return append(buf, 0)
}

// DecodeMessage decodes the first message of batch and returns what follows
// it. The message's slices point into batch. It allocates no more than a
// small multiple of len(batch), whatever the batch claims.
func DecodeMessage(batch []byte) (m Message, rest []byte, err error) {
	r := reader{buf: batch}
	m.Kind = MessageKind(r.byte())
	partition := r.uvarint()
	if partition >= placement.Slots {
		r.fail("partition")
	}
	m.Partition = placement.PartitionID(partition)
	m.Epoch = placement.Epoch(r.uvarint())
	m.Prev = Number(r.uvarint())
	m.PrevEpoch = placement.Epoch(r.uvarint())
	switch m.Kind {
	case MsgAppend:
		m.Commit = Number(r.uvarint())
		// An entry takes at least 7 bytes.
		if n := r.count(7); n > 0 {
			m.Entries = make([]Entry, n)
		}
		for i := range m.Entries {
			e := &m.Entries[i]
			e.Kind = EntryKind(r.byte())
			if r.err == nil && (e.Kind < EntryPut || e.Kind > EntryExpire) {
				r.fail("entry kind")
			}
			e.Epoch = placement.Epoch(r.uvarint())
			e.Number = Number(r.uvarint())
			e.Key = r.bytes()
			e.Value = r.bytes()
			e.TTL = r.duration()
			e.Version = Number(r.uvarint())
		}
	case MsgFill:
		m.From = r.uvarint()
		m.Done = r.bool()
		// An item takes at least 4 bytes.
		if n := r.count(4); n > 0 {
			m.Items = make([]Item, n)
		}
		for i := range m.Items {
			it := &m.Items[i]
			it.Key = r.bytes()
			it.Value = r.bytes()
			it.Version = Number(r.uvarint())
			it.TTL = r.duration()
		}
	case MsgAck:
		m.Commit = Number(r.uvarint())
		m.From = r.uvarint()
		m.Done = r.bool()
		m.Full = r.bool()
	case MsgStale:
	default:
		r.fail("message kind")
	}
	if r.err != nil {
		return Message{}, nil, r.err
	}
	return m, r.buf, nil
}

// reader consumes buf; its first error sticks.
type reader struct {
	buf []byte
	err error
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrBadBatch, what)
		r.buf = nil
	}
}

func (r *reader) byte() byte {
	if len(r.buf) == 0 {
		r.fail("truncated")
		return 0
	}
	b := r.buf[0]
	r.buf = r.buf[1:]
	return b
}

func (r *reader) bool() bool {
	switch r.byte() {
	case 0:
		return false
	case 1:
		return true
	default:
		r.fail("truth value")
		return false
	}
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.buf)
	if n <= 0 {
		r.fail("integer")
		return 0
	}
	r.buf = r.buf[n:]
	return v
}

func (r *reader) duration() time.Duration {
	v := r.uvarint()
	if v > 1<<63-1 {
		r.fail("duration")
		return 0
	}
	return time.Duration(v)
}

// count reads a number of elements of at least size bytes each.
func (r *reader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.buf)/size) {
		r.fail("count")
		return 0
	}
	return int(n)
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.buf)) {
		r.fail("length")
		return nil
	}
	b := r.buf[:n:n]
	r.buf = r.buf[n:]
	return b
}
