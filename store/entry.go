package store

import (
	"encoding/binary"
	"math"
)

// An entry in a segment is
//
//	first    1 byte: two flags and, below longKey, the key's length
//	key      length, uvarint, with first's longKey only
//	value    length, uvarint
//	version  uvarint
//	deadline 8 bytes, little endian, with flag mortal only
//	the key, the value
//
// without room between it and the next: nothing in it needs to be aligned.
const (
	// dead: the entry was removed or has a newer copy. Compaction passes over
	// it; a snapshot, which may be older, does not look at the flag.
	dead    = 1 << 7
	mortal  = 1 << 6
	longKey = 1<<6 - 1

	headerMost = 1 + 2*binary.MaxVarintLen32 + binary.MaxVarintLen64 + 8
)

// header is what an entry says before its key.
type header struct {
	flags      byte
	key, value int // lengths
	version    uint64
	deadline   Instant
	start      int // where the key begins
}

// size is the whole entry's, in bytes.
func (h *header) size() int { return h.start + h.key + h.value }

// item is the entry at the beginning of buf, which h was parsed from.
func (h *header) item(buf []byte) Item {
	mid, end := h.start+h.key, h.start+h.key+h.value
	return Item{Key: buf[h.start:mid:mid], Value: buf[mid:end:end], Version: h.version, Deadline: h.deadline}
}

// parse reads the header of the entry at the beginning of buf. It is false
// when buf does not hold all of an entry; whatever buf is, what it says lies
// within.
func parse(buf []byte) (h header, ok bool) {
	if len(buf) == 0 {
		return h, false
	}
	h.flags = buf[0] &^ longKey
	key, at := uint64(buf[0]&longKey), 1
	if key == longKey {
		key, at = uvarint(buf, at)
	}
	value, at := uvarint(buf, at)
	h.version, at = uvarint(buf, at)
	if at < 0 {
		return header{}, false
	}
	if h.flags&mortal != 0 {
		if len(buf)-at < 8 {
			return header{}, false
		}
		h.deadline = Instant(binary.LittleEndian.Uint64(buf[at:]))
		at += 8
	}
	left := uint64(len(buf) - at)
	if key > left || value > left-key {
		return header{}, false
	}
	h.key, h.value, h.start = int(key), int(value), at
	return h, true
}

// uvarint reads an integer at the index at of buf and returns the index behind
// it. That is negative when there is none, or at is.
func uvarint(buf []byte, at int) (uint64, int) {
	if uint(at) < uint(len(buf)) && buf[at] < 0x80 {
		return uint64(buf[at]), at + 1
	}
	return longUvarint(buf, at)
}

func longUvarint(buf []byte, at int) (uint64, int) {
	if at < 0 || at > len(buf) {
		return 0, -1
	}
	v, n := binary.Uvarint(buf[at:])
	if n <= 0 {
		return 0, -1
	}
	return v, at + n
}

// uvarintSize is how many bytes v takes.
func uvarintSize(v uint64) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}

// entrySize is what an item takes in a segment. It panics beyond what a
// segment can hold, far above the limits of any message.
func entrySize(it *Item) int {
	n := 1 + uvarintSize(uint64(len(it.Value))) + uvarintSize(it.Version)
	if len(it.Key) >= longKey {
		n += uvarintSize(uint64(len(it.Key)))
	}
	if it.Deadline != 0 {
		n += 8
	}
	if len(it.Key) > math.MaxInt32/4 || len(it.Value) > math.MaxInt32/2 {
		panic("store: an entry over a gigabyte")
	}
	return n + len(it.Key) + len(it.Value)
}

// encode writes an item to buf, which has its entrySize.
func encode(buf []byte, it *Item) {
	buf[0] = byte(min(len(it.Key), longKey))
	if it.Deadline != 0 {
		buf[0] |= mortal
	}
	at := 1
	if len(it.Key) >= longKey {
		at += binary.PutUvarint(buf[at:], uint64(len(it.Key)))
	}
	at += binary.PutUvarint(buf[at:], uint64(len(it.Value)))
	at += binary.PutUvarint(buf[at:], it.Version)
	if it.Deadline != 0 {
		binary.LittleEndian.PutUint64(buf[at:], uint64(it.Deadline))
		at += 8
	}
	at += copy(buf[at:], it.Key)
	copy(buf[at:], it.Value)
}
