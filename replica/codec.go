package replica

import (
	"encoding/binary"
	"errors"
	"slices"

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
		buf = binary.AppendUvarint(buf, uint64(m.Start))
		buf = binary.AppendUvarint(buf, uint64(len(m.Entries)))
		for i := range m.Entries {
			buf = appendEntry(buf, &m.Entries[i])
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
		buf = binary.AppendUvarint(buf, uint64(len(m.Records)))
		for i := range m.Records {
			buf = appendRecord(buf, &m.Records[i])
		}
	case MsgAck:
		buf = binary.AppendUvarint(buf, uint64(m.Commit))
		buf = binary.AppendUvarint(buf, m.From)
		buf = appendBool(buf, m.Done)
		buf = appendBool(buf, m.Full)
	case MsgBody:
		buf = binary.AppendUvarint(buf, m.Body)
		buf = binary.AppendUvarint(buf, m.From)
		buf = binary.AppendUvarint(buf, m.Total)
		buf = appendBytes(buf, m.Data)
	case MsgBodyAck:
		buf = binary.AppendUvarint(buf, m.Body)
		buf = binary.AppendUvarint(buf, m.From)
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
	rest, err = m.Decode(batch)
	return m, rest, err
}

// Decode is DecodeMessage into m, whose room for entries it uses again.
func (m *Message) Decode(batch []byte) (rest []byte, err error) {
	room := m.Entries[:0]
	*m = Message{Entries: room}
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
		m.Start = Number(r.uvarint())
		if n := r.count(entryLeast); n > 0 {
			m.Entries = slices.Grow(room, n)[:n]
			clear(m.Entries)
		}
		for i := range m.Entries {
			r.entry(&m.Entries[i])
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
		if n := r.count(recordLeast); n > 0 {
			m.Records = make([]Record, n)
		}
		for i := range m.Records {
			r.record(&m.Records[i])
		}
	case MsgAck:
		m.Commit = Number(r.uvarint())
		m.From = r.uvarint()
		m.Done = r.bool()
		m.Full = r.bool()
	case MsgBody:
		m.Body = r.uvarint()
		m.From = r.uvarint()
		if m.Total = r.uvarint(); m.Total > 1<<31-1 || m.From > m.Total {
			r.fail("body")
		}
		m.Data = r.bytes()
	case MsgBodyAck:
		m.Body = r.uvarint()
		m.From = r.uvarint()
		m.Full = r.bool()
	case MsgStale:
	default:
		r.fail("message kind")
	}
	if r.err != nil {
		*m = Message{Entries: room}
		return nil, r.err
	}
	return r.buf, nil
}
