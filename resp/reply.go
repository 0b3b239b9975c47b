package resp

// open gives the call a place for its reply: the turn's buffer, if it is the next one
// to be sent.
func (c *conn) open(call *Call) {
	call.resp3 = c.session.resp3
	if call.own = c.queued; call.own {
		call.buf, call.mark = call.buf[:0], 0
		return
	}
	call.spare = call.buf
	call.buf, call.mark = c.turn.Out, len(c.turn.Out)
}

// close ends a call that was not held.
func (c *conn) close(call *Call) {
	if n := len(call.buf) - call.mark; n >= freeReply && !call.claim(n, 0) {
		call.Fail(ErrManyBytes)
	}
	if c.queued {
		if c.queued = c.queue.behind(call); c.queued {
			c.loop.call = nil
			return
		}
	}
	if call.own {
		c.loop.call = nil
		c.turn.Settle()
		c.send(call)
		c.turn.Settle() // which also looks at how much waits now
		return
	}
	c.loop.out += int64(len(call.buf) - call.mark)
	c.loop.hits += int64(call.seen.hits)
	c.loop.misses += int64(call.seen.misses)
	if call.seen.failure != "" {
		c.server.erred(call)
	}
	c.turn.Out, call.buf = call.buf, call.spare
	call.mark = 0
	if call.reserved > 0 {
		c.server.release(call.reserved)
		call.reserved = 0
	}
}

// detach gives the call a buffer of its own, with room for some bytes behind what
// was written of its reply.
func (c *conn) detach(call *Call, room int) {
	reply := call.buf[call.mark:]
	c.turn.Out = call.buf[:call.mark]
	if cap(call.spare) < len(reply)+room {
		call.spare = make([]byte, 0, len(reply)+room)
	}
	call.buf = append(call.spare[:0], reply...)
	call.mark, call.own = 0, true
}

// hold puts the call into the queue.
func (c *conn) hold(call *Call, keepArgs bool) {
	if !call.own {
		c.detach(call, 0)
	}
	c.turn.Settle()
	call.size = heldCost + call.free + call.uncounted()
	if keepArgs && len(call.buf) == 0 {
		call.size += freeReply // the reply is still to be written
	}
	for _, arg := range call.Args { // kept here, or by the Keyspace
		call.size += len(arg)
	}
	if keepArgs {
		call.Args = cloneArgs(call.Args, call.owned)
	} else {
		call.Args = nil
	}
	c.loop.call, c.queued = nil, true
	c.queue.add(call)
}

// send appends a reply of a call with a buffer of its own to the connection. It is
// called from any goroutine, without locks.
func (c *conn) send(call *Call) {
	n := len(call.buf)
	switch {
	case call.loan != nil:
		loan := call.loan
		_ = c.link.Append(call.buf) // closed: there is nobody to tell
		reserved := call.reserved
		call.reserved = 0
		_ = c.link.Lend(loan.bytes, func() {
			c.server.release(reserved)
			loan.done()
		})
		_ = c.link.Append([]byte("\r\n"))
		n += len(loan.bytes) + 2
	case call.reserved > 0 && n >= freeReply:
		reserved := call.reserved
		call.reserved = 0
		_ = c.link.Lend(call.buf, func() { c.server.release(reserved) })
		call.buf = nil
	default: // what room it has goes with the bytes
		room := min(call.reserved, n)
		call.reserved -= room
		_ = c.link.AppendReserved(call.buf, room)
	}
	c.server.sent.Add(int64(n))
	c.server.recycle(call)
}
