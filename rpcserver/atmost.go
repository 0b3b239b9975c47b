package rpcserver

import (
	"fmt"
	"math"

	"pikv/wire"
)

// ErrLarge is the answer to a read of more than the caller wants, see Call.Wants.
var ErrLarge = wire.Errorf(wire.CodeLarge, "large: read it on a connection of its own")

// Wants reports whether the caller wants an answer with so many bytes of values
// on this connection. A handler of reads asks before it answers, and else fails
// with ErrLarge: those who share the connection do not wait for a large value. A
// write answers in full.
func (c *Call) Wants(bytes int) bool {
	most := c.conn.atMost.Load()
	return most == 0 || int64(bytes) <= most
}

// setAtMost takes what a client wants of its connection from now on.
func (c *conn) setAtMost(params []byte) error {
	bytes, err := wire.DecodeAtMost(params)
	if err != nil {
		return fmt.Errorf("%w: %w", errGarbage, err)
	}
	if bytes > 0 {
		bytes = min(max(bytes, wire.SmallValue), math.MaxInt64)
	}
	c.atMost.Store(int64(bytes))
	return nil
}
