package client

import (
	"crypto/rand"
	"encoding/binary"

	"pikv/wire"
)

// newName draws a client's name, which is not 0.
func newName() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return binary.LittleEndian.Uint64(b[:]) | 1
}

// beginWrites names n writes of this client and returns the first one's
// number. Each is to be given to Window.Finish when its caller has an answer.
func (c *Client) beginWrites(p patience, n int) (seq uint64, err error) {
	for {
		seq, room, ok := c.window.Begin(n)
		if ok {
			return seq, nil
		}
		if err := p.await(room); err != nil {
			return 0, gaveUp(err, "", nil)
		}
	}
}

// nameWrite gives a write a name, unless it came with one. finish is to be called
// when the caller has an answer.
func (c *Client) nameWrite(p patience, o *wire.Options) error {
	if o.Attempt = max(o.Attempt, 1); o.Client != 0 {
		return nil
	}
	seq, err := c.beginWrites(p, 1)
	if err != nil {
		return err
	}
	o.Client, o.Seq = c.name, seq
	return nil
}

// finish ends what nameWrite began.
func (c *Client) finish(o *wire.Options) {
	if o.Client == c.name {
		c.window.Finish(o.Seq)
	}
}
