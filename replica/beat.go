package replica

import (
	"encoding/binary"

	"pikv/placement"
	"pikv/store"
)

// Beat is what two workers tell each other several times a second on their
// control connection: a request for a lease, the answer to the other's, or
// both. docs/PROTOCOL.md, rules 13 and 16.
type Beat struct {
	// Ask is the sender's clock when it asked for a lease; 0: it does not ask.
	Ask store.Instant
	// Prompt wants an answer at once: the sender's lease is about to lapse. Else
	// the answer travels with the receiver's own next question.
	Prompt bool
	// Grant is the receiver's Ask that this answers; 0: it answers none. The
	// sender will not serve a partition in the receiver's place before its
	// Timing.Wait has passed. The following are meaningful only with it.
	Grant store.Instant
	// Master and View name the latest view that the sender has begun to take
	// up. The receiver counts the grant only if it has taken up that one.
	Master placement.MasterID
	View   placement.Epoch
	// Room is how many bytes of further writes the sender takes from the
	// receiver, at least 0.
	Room int64
	// Keep is how much of it is to stay free: the receiver evicts what is missing
	// from the partitions that it leads and the sender holds. 0: the sender has
	// enough, or is not to have anything evicted.
	Keep int64
}

// AppendBeat appends b's encoding, a few uvarints, to buf.
func AppendBeat(buf []byte, b *Beat) []byte {
	ask := uint64(b.Ask) << 1
	if b.Prompt {
		ask |= 1
	}
	buf = binary.AppendUvarint(buf, ask)
	buf = binary.AppendUvarint(buf, uint64(b.Grant))
	if b.Grant != 0 {
		buf = binary.AppendUvarint(buf, uint64(b.Master))
		buf = binary.AppendUvarint(buf, uint64(b.View))
		room := uint64(b.Room) << 1
		if b.Keep > 0 {
			room |= 1
		}
		buf = binary.AppendUvarint(buf, room)
		if b.Keep > 0 {
			buf = binary.AppendUvarint(buf, uint64(b.Keep))
		}
	}
	return buf
}

// DecodeBeat decodes the beat at the beginning of batch and returns what
// follows it. The error wraps ErrBadBatch.
func DecodeBeat(batch []byte) (b Beat, rest []byte, err error) {
	r := reader{buf: batch}
	ask := r.uvarint()
	b.Ask, b.Prompt = store.Instant(ask>>1), ask&1 != 0
	b.Grant = store.Instant(r.duration())
	if b.Grant != 0 {
		b.Master = placement.MasterID(r.uvarint())
		b.View = placement.Epoch(r.uvarint())
		room := r.uvarint()
		if b.Room = int64(room >> 1); room&1 != 0 {
			b.Keep = int64(r.duration())
		}
	}
	if r.err != nil {
		return Beat{}, nil, r.err
	}
	return b, r.buf, nil
}

// Standing is which views a node has taken up: every partition's core has
// adopted them. A grant counts only from a node that knows no later view, or
// that node might serve in this one's place by that view. Not safe for
// concurrent use.
type Standing struct {
	master placement.MasterID
	view   placement.Epoch
	// What was taken up of the register that was followed before. A grantor
	// that has not changed over yet still names that one.
	oldMaster placement.MasterID
	oldView   placement.Epoch
}

// Installed notes that every core has adopted the view.
func (s *Standing) Installed(id placement.MasterID, view placement.Epoch) {
	if s.master != id {
		s.oldMaster, s.oldView = s.master, s.view
		s.master, s.view = id, 0
	}
	s.view = max(s.view, view)
}

// Covers reports whether the view was taken up, or an earlier one than was.
func (s *Standing) Covers(id placement.MasterID, view placement.Epoch) bool {
	switch id {
	case 0:
		return false
	case s.master:
		return view <= s.view
	case s.oldMaster:
		return view <= s.oldView
	default:
		return false
	}
}
