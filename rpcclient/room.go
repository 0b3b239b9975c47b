package rpcclient

import "pikv/wire"

// slack is what a reply may have around its value, in bytes.
const slack = 1 << 10

// Room is where the reply to a call is read into if it is large. It must not be
// touched while the call goes on.
type Room struct {
	// Expect is how large a reply the caller expects: so much is made room for as
	// soon as the reply announces it.
	Expect int
	buf    []byte // that of the last reply; nil while one is read into it
}

// take gives out room for a reply of whole bytes, nil if it would be more than
// what was expected.
func (r *Room) take(whole int) []byte {
	buf := r.buf
	if cap(buf) >= whole {
		r.buf = nil
		return buf[:0]
	}
	if whole > r.Expect+slack {
		return nil
	}
	r.buf = nil
	return make([]byte, 0, whole+slack)
}

// roomFor implements wire.FrameReader.Reuse: what the caller gave room for is
// read there. A call that is given up meanwhile loses it.
func (c *Conn) roomFor(head []byte, _, whole int) []byte {
	id, ok := wire.ResponseID(head)
	if !ok {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := c.mu.waiters[id]; w != nil && w.room != nil {
		return w.room.take(whole)
	}
	return nil
}
