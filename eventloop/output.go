package eventloop

import "slices"

// Bytes that are few get room for others that may follow: leastRoom where nothing else
// waits, and at most mostRoom.
const (
	leastRoom = 4 << 10
	mostRoom  = 64 << 10
)

// output is the bytes that wait to be sent on one connection.
type output struct {
	pieces []piece // none is empty
	size   int
	lent   int // of size, bytes that are not copies
}

// piece is bytes that lie together.
type piece struct {
	bytes []byte  // what is not sent
	own   *buffer // where they lie; nil when they are lent
	done  func()  // gives lent ones back
}

// append adds a copy of b. Bytes that are being written stay where they are.
func (o *output) append(b []byte) {
	o.size += len(b)
	if n := len(o.pieces); n > 0 {
		if last := &o.pieces[n-1]; last.own != nil {
			fit := min(len(b), cap(last.own.b)-len(last.own.b))
			last.own.b = append(last.own.b, b[:fit]...)
			last.bytes = last.own.b[len(last.own.b)-len(last.bytes)-fit:]
			b = b[fit:]
		}
	}
	if len(b) > 0 {
		o.pieces = append(o.pieces, copyOf(b, o.roomFor(len(b))))
	}
}

// roomFor is how much room a piece at the end gets that begins with n bytes: as much as
// the copies take that lie there together, so that pieces stay few. What is lent does not count,
// nor what lies before it: nothing may follow before the next is lent, and then all the
// room that is not used would be kept for each.
func (o *output) roomFor(n int) int {
	if len(o.pieces) == 0 {
		return max(n, leastRoom)
	}
	for i := len(o.pieces) - 1; i >= 0 && o.pieces[i].own != nil && n < mostRoom; i-- {
		n += len(o.pieces[i].bytes)
	}
	return min(n, mostRoom)
}

// prepend puts a copy of b before what waits.
func (o *output) prepend(b []byte) {
	o.size += len(b)
	o.pieces = slices.Insert(o.pieces, 0, copyOf(b, len(b)))
}

func copyOf(b []byte, room int) piece {
	own := newBuffer(max(len(b), room))
	own.b = append(own.b, b...)
	return piece{bytes: own.b, own: own}
}

// copied is how many bytes are copies.
func (o *output) copied() int { return o.size - o.lent }

// lend adds b without copying it.
func (o *output) lend(b []byte, done func()) {
	o.size += len(b)
	o.lent += len(b)
	o.pieces = append(o.pieces, piece{bytes: b, done: done})
}

// sent removes the first n bytes, and appends to dones the functions that give
// back lent ones, for the caller to call without locks.
func (o *output) sent(n int, dones []func()) []func() {
	o.size -= n
	i := 0
	for ; i < len(o.pieces) && n >= len(o.pieces[i].bytes); i++ {
		p := &o.pieces[i]
		n -= len(p.bytes)
		if p.own == nil {
			o.lent -= len(p.bytes)
		}
		p.own.free()
		if p.done != nil {
			dones = append(dones, p.done)
		}
	}
	if i > 0 {
		rest := copy(o.pieces, o.pieces[i:])
		clear(o.pieces[rest:])
		o.pieces = o.pieces[:rest]
		if rest == 0 && cap(o.pieces) > 2 { // idle connections are many
			o.pieces = nil
		}
	}
	if n > 0 {
		if o.pieces[0].own == nil {
			o.lent -= n
		}
		o.pieces[0].bytes = o.pieces[0].bytes[n:]
	}
	return dones
}

// next appends to list what to write next: at most `most` bytes.
func (o *output) next(list [][]byte, most int) [][]byte {
	for i := range o.pieces {
		if len(list) == cap(list) || most <= 0 {
			break
		}
		b := o.pieces[i].bytes
		b = b[:min(len(b), most)]
		most -= len(b)
		list = append(list, b)
	}
	return list
}
