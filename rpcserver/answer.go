package rpcserver

import (
	"pikv/rpcconn"
	"pikv/wire"
)

// appendResult appends the response with the result that result appends. When
// result panics the response says so instead: the outbox then is as before.
func (c *conn) appendResult(id uint32, credit int64, result func(buf []byte) []byte) {
	defer func() {
		if v := recover(); v != nil {
			c.panicked("result", v)
			c.appendError(id, credit, wire.Errorf(wire.CodeInternal, "the result could not be encoded; see the node's log"))
		}
	}()
	// An error means that the connection is gone, and the reply with it.
	_, _ = c.out.Append(func(buf []byte) []byte { return result(wire.AppendResponseOK(buf, id)) }, credit)
}

// lendResult is appendResult of a result with a part that stays where it is.
func (c *conn) lendResult(id uint32, credit int64, head func(buf []byte) []byte, l *rpcconn.Loan) {
	_, _ = c.out.Lend(func(buf []byte) []byte { return head(wire.AppendResponseOK(buf, id)) }, l, credit)
}

// appendError appends the response with e.
func (c *conn) appendError(id uint32, credit int64, e *wire.Error) {
	_, _ = c.out.Append(func(buf []byte) []byte { return wire.AppendResponseError(buf, id, e) }, credit)
}

// answer is appendError for a request that became no call.
func (c *conn) answer(id uint32, e *wire.Error) { c.appendError(id, 0, e) }

// busy answers a request for which there is no room.
func (c *conn) busy(id uint32, text string) {
	c.server.count.busy.Add(1)
	c.answer(id, wire.Errorf(wire.CodeBusy, "%s", text))
}
