package rpcserver

import (
	"sync/atomic"

	"go.uber.org/zap"

	"pikv/rpcconn"
	"pikv/wire"
)

// keepFrame is the largest frame buffer that is kept with a Call.
const keepFrame = 4 << 10

// Call is one request. The handler owns it until it replies, once, by Reply,
// ReplyBody or Fail, on any goroutine; after that it must not touch the call
// or Params any more.
type Call struct {
	Method   string
	Params   []byte // the raw array of parameters, valid until the reply
	PeerAddr string // host:port of the caller's end
	// Arrived is Config.Clock's time of a moment after the request had arrived
	// and before its handler was called.
	Arrived int64

	conn     *conn
	id       uint32
	frame    []byte        // Params lies in it; kept for another call
	reserved int64         // bytes of the budget that the frame holds
	credit   atomic.Int64  // bytes of the budget for the reply, see Reserve
	state    atomic.Uint32 // the bits below
}

const (
	stateReplied      = 1 << iota // a reply was begun; a second one is a bug
	stateDone                     // the reply is in the outbox
	stateReturned                 // the handler has returned
	stateSlow                     // Slow has given the call to another one
	stateSlowReturned             // which has returned
)

// over reports whether nobody has the call any more.
func over(state uint32) bool {
	const always = stateDone | stateReturned
	return state&always == always && (state&stateSlow == 0 || state&stateSlowReturned != 0)
}

// Reply sends the result that result appends to its argument, exactly one
// msgpack value. It never blocks; result runs under a lock of the connection
// and must only append.
func (c *Call) Reply(result func(buf []byte) []byte) {
	if !c.begin() {
		return
	}
	c.conn.appendResult(c.id, c.credit.Load(), result)
	c.end()
}

// ReplyLent is Reply for a result of which l.Bytes is the greatest part: head
// appends what comes before it. l.Done may be called before ReplyLent returns.
func (c *Call) ReplyLent(head func(buf []byte) []byte, l *rpcconn.Loan) {
	if !c.begin() {
		l.Done()
		return
	}
	c.conn.lendResult(c.id, c.credit.Load(), head, l)
	c.end()
}

// Fail sends err, as a *wire.Error if one is wrapped in it.
func (c *Call) Fail(err error) {
	if !c.begin() {
		return
	}
	c.conn.appendError(c.id, c.credit.Load(), wire.AsError(err))
	c.end()
}

// Body decodes the parameters [body] into v, or checks that they are [] when
// v is nil. Its errors are *wire.Error, to Fail with. v is the caller's.
func (c *Call) Body(v any) error { return wire.UnmarshalBodyParams(c.Params, v) }

// ReplyBody sends v, a struct with codec tags, as a msgpack map.
func (c *Call) ReplyBody(v any) {
	body, err := wire.MarshalBody(v)
	if err != nil {
		c.Fail(wire.Errorf(wire.CodeInternal, "%v", err))
		return
	}
	c.Reply(func(buf []byte) []byte { return append(buf, body...) })
}

// Reserve takes n bytes for the result from the budget of bytes in flight. A
// handler that is about to reply with a large value asks first, and if the
// answer is false, fails with CodeBusy, provided that the call has had no
// effect. A reply without Reserve is always sent. Several goroutines may reserve
// for one call.
func (c *Call) Reserve(n int) bool {
	if !c.conn.server.cfg.Budget.Acquire(int64(n)) { // the outbox gives it back
		c.conn.server.count.busy.Add(1)
		return false
	}
	c.credit.Add(int64(n))
	return true
}

// Full reports whether so much waits on the connection that no more should go without
// Reserve. That is looked at before each request, but a reply that comes later, as those
// of many calls may, is taken whatever waits by then.
func (c *Call) Full() bool { return c.conn.out.Full() }

// Push sends what waits on the connection, as far as the client takes it at once, and
// reports whether it does not. The caller must hold no lock under which anything is
// appended to a connection.
func (c *Call) Push() (stuck bool) { return c.conn.out.Push() }

// Hold makes the connection's next request wait until few of its calls are in flight.
// What lies behind the handler is crowded: to refuse calls would only have them made
// again, and each connection that waits for no calls but its own gets on. Only a handler
// that was registered with Handle may call it, while it runs and has the call.
func (c *Call) Hold() { c.conn.held = true }

// Detach lets the handler keep Params, or slices of it, for ever. Worth it
// for large values, which then need not be copied.
func (c *Call) Detach() { c.frame = nil }

// begin reports whether this is the first reply.
func (c *Call) begin() bool {
	if c.state.Or(stateReplied)&stateReplied == 0 {
		return true
	}
	c.conn.server.cfg.Log.Error("second reply to one call is dropped", zap.String("method", c.Method), zap.Stack("stack"))
	return false
}

// end gives back what the call holds once the reply is in the outbox.
func (c *Call) end() {
	if c.reserved > 0 {
		c.conn.budget().Release(c.reserved)
	}
	c.conn.callDone()
	c.reach(stateDone)
}

// reach notes that the call has come to a state of those above, and recycles it
// after the last one. A call whose handler panicked never returns, since whoever
// got hold of it may still reply.
func (c *Call) reach(state uint32) {
	if before := c.state.Or(state); !over(before) && over(before|state) {
		c.recycle()
	}
}

func (c *Call) recycle() {
	server := c.conn.server
	c.Method, c.Params, c.PeerAddr, c.conn = "", nil, "", nil
	c.reserved, c.Arrived = 0, 0
	if c.credit.Load() != 0 { // a store costs more than a look
		c.credit.Store(0)
	}
	if cap(c.frame) > keepFrame {
		server.frames.put(c.frame)
		c.frame = nil
	}
	c.state.Store(0)
	server.calls.Put(c)
}
