package replica

import (
	"bytes"
	"encoding/binary"
)

// A part of an EntryGroup is an entry of its own kind without what the group's
// entry says: its kind, key, value, time to live and version. The parts are in
// the order of their keys, of which no two are the same.

func appendPart(buf []byte, p *Entry) []byte {
	buf = append(buf, byte(p.Kind))
	buf = appendBytes(buf, p.Key)
	buf = appendBytes(buf, p.Value)
	buf = binary.AppendUvarint(buf, uint64(p.TTL))
	return binary.AppendUvarint(buf, uint64(p.Version))
}

func (r *reader) part() (p Entry) {
	p.Kind = EntryKind(r.byte())
	switch p.Kind {
	case EntryPut, EntryDelete, EntryExpire, EntryCopy:
	default:
		r.fail("kind of a part")
	}
	p.Key = r.bytes()
	p.Value = r.bytes()
	p.TTL = r.duration()
	p.Version = Number(r.uvarint())
	return p
}

// wellFormed reports whether b is the parts of a group.
func wellFormed(b []byte) bool {
	r := reader{buf: b}
	var before []byte
	for i := 0; len(r.buf) > 0; i++ {
		p := r.part()
		if r.err != nil || i > 0 && bytes.Compare(before, p.Key) >= 0 {
			return false
		}
		before = p.Key
	}
	return len(b) > 0
}
