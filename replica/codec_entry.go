package replica

import (
	"encoding/binary"

	"pikv/placement"
)

// The least bytes that an entry and a record take.
const (
	entryLeast  = 9
	recordLeast = 8
)

func appendEntry(buf []byte, e *Entry) []byte {
	buf = append(buf, byte(e.Kind))
	buf = binary.AppendUvarint(buf, uint64(e.Epoch))
	buf = binary.AppendUvarint(buf, uint64(e.Number))
	buf = appendBytes(buf, e.Key)
	buf = appendBytes(buf, e.Value)
	buf = binary.AppendUvarint(buf, uint64(e.TTL))
	buf = binary.AppendUvarint(buf, uint64(e.Version))
	buf = binary.AppendUvarint(buf, e.Body)
	buf = binary.AppendUvarint(buf, e.ID.Client)
	if e.ID.Client != 0 {
		buf = binary.AppendUvarint(buf, e.ID.Seq)
		buf = binary.AppendUvarint(buf, e.ID.Finished)
		buf = appendOutcome(buf, &e.Outcome)
	}
	return buf
}

func (r *reader) entry(e *Entry) {
	e.Kind = EntryKind(r.byte())
	if r.err == nil && (e.Kind < EntryPut || e.Kind > EntryGroup) {
		r.fail("entry kind")
	}
	e.Epoch = placement.Epoch(r.uvarint())
	e.Number = Number(r.uvarint())
	e.Key = r.bytes()
	e.Value = r.bytes()
	e.TTL = r.duration()
	e.Version = Number(r.uvarint())
	e.Body = r.uvarint()
	if r.err == nil && e.Kind == EntryGroup && (e.Body == 0 || len(e.Value) > 0) && !wellFormed(e.Value) {
		r.fail("parts of a group")
	}
	if e.ID.Client = r.uvarint(); e.ID.Client != 0 {
		e.ID.Seq = r.uvarint()
		e.ID.Finished = r.uvarint()
		r.outcome(&e.Outcome)
	}
}

func appendOutcome(buf []byte, o *Outcome) []byte {
	buf = append(buf, byte(o.Status))
	buf = appendBool(buf, o.Found)
	buf = binary.AppendUvarint(buf, uint64(o.Version))
	return appendBytes(buf, o.Value)
}

func (r *reader) outcome(o *Outcome) {
	o.Status = Status(r.byte())
	if r.err == nil && o.Status > UnknownFate {
		r.fail("status")
	}
	o.Found = r.bool()
	o.Version = Number(r.uvarint())
	o.Value = r.bytes()
}

func appendRecord(buf []byte, rec *Record) []byte {
	buf = binary.AppendUvarint(buf, rec.Client)
	buf = binary.AppendUvarint(buf, rec.Finished)
	buf = binary.AppendUvarint(buf, rec.Forgotten)
	buf = binary.AppendUvarint(buf, rec.Seq)
	return appendOutcome(buf, &rec.Outcome)
}

func (r *reader) record(rec *Record) {
	rec.Client = r.uvarint()
	rec.Finished = r.uvarint()
	rec.Forgotten = r.uvarint()
	rec.Seq = r.uvarint()
	r.outcome(&rec.Outcome)
}
