package rpcclient

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"pikv/rpcconn"
	"pikv/wire"
)

// Call sends a request and waits for its reply or the end of ctx.
//
// See CallInto for the rest.
func (c *Conn) Call(ctx context.Context, method string, params func(buf []byte) []byte, result func(d *wire.Decoder) error) error {
	return c.CallInto(ctx, never, nil, method, params, nil, result)
}

// never does not end.
var never = context.Background()

// CallInto sends a request and waits for its reply or the end of one of two
// contexts: a caller's own, and the caller's caller's, of which to make one costs
// more than to wait for both. A large reply is read into room, which may be nil.
//
// params appends the parameters, exactly one msgpack array, to its argument;
// nil stands for none. It runs under a lock and must only append. With lent, which
// may be nil, it appends those up to lent's bytes. result reads
// the result from d; nil drops it. It runs on this goroutine before Call
// returns and must not keep d, but the bytes that d gives out are the caller's
// for ever, or until room is used again: nobody else writes to them.
//
// The error is the *wire.Error that the other side sent; or wraps ErrNotSent or
// ErrBroken; or is result's own.
func (c *Conn) CallInto(ctx, also context.Context, room *Room, method string, params func(buf []byte) []byte, lent *Lent, result func(d *wire.Decoder) error) error {
	w := waiters.Get().(*waiter)
	w.room = room
	id, others, lead, err := c.expect(w)
	if err != nil {
		w.release()
		return c.unsent(method, err)
	}
	sent := false
	defer func() {
		if !sent { // also when params panics
			c.forget(id, w, false)
			if lead {
				c.passTurn()
			}
			w.release()
			c.settle()
		}
	}()
	w.id, w.method, w.params = id, method, params
	end, err := c.send(ctx, also, others > 0, w.frame, lent)
	if err != nil {
		return c.unsent(method, err)
	}
	sent = true
	if lead {
		c.lead(w)
	}
	answered := false
	select {
	case <-w.ready:
		answered = true
	case <-ctx.Done():
	case <-also.Done():
	}
	gone := !answered && c.forget(id, w, true)
	lent.takeBack(ctx, also, c, !gone)
	if gone {
		w.release()
		c.settle()
		if lent != nil && end > c.out.Sent() { // it was taken back before all of it was sent
			return c.unsent(method, ended(ctx, also))
		}
		return c.broken(method, ended(ctx, also))
	}
	if w.reply == nil {
		w.release()
		return c.died(method, end)
	}
	err = c.read(method, w, result)
	w.release()
	c.settle()
	return err
}

// CallBody is Call for methods whose parameters and result are one map each:
// in is a struct with codec tags, nil for no parameters; out points to one, nil
// to drop the result.
func (c *Conn) CallBody(ctx context.Context, method string, in, out any) error {
	params, err := wire.AppendBodyParams(nil, in)
	if err != nil {
		return c.unsent(method, err)
	}
	return c.Call(ctx, method, func(buf []byte) []byte { return append(buf, params...) }, func(d *wire.Decoder) error {
		raw := d.Raw()
		if d.Err() != nil || out == nil {
			return d.Err()
		}
		if err := wire.UnmarshalBody(raw, out); err != nil {
			d.Fail(err)
		}
		return d.Err()
	})
}

// Notify sends a notification. Without an error it is on its way, but nobody
// ever tells whether it arrived; with one, which wraps ErrNotSent, it is not.
func (c *Conn) Notify(ctx context.Context, method string, params func(buf []byte) []byte) error {
	if !c.Usable() {
		return c.unsent(method, c.cause())
	}
	_, err := c.send(ctx, never, false, func(buf []byte) []byte {
		buf = wire.AppendNotify(buf, method)
		if params == nil {
			return wire.AppendArrayHeader(buf, 0)
		}
		return params(buf)
	}, nil)
	if err != nil {
		return c.unsent(method, err)
	}
	return nil
}

// TryNotify is Notify for callers that must not wait: where Notify would wait
// for room it fails.
func (c *Conn) TryNotify(method string, params func(buf []byte) []byte) error {
	if !c.Usable() {
		return c.unsent(method, c.cause())
	}
	_, lead, err := c.out.Offer(func(buf []byte) []byte { return params(wire.AppendNotify(buf, method)) })
	if err != nil {
		return c.unsent(method, err)
	}
	if lead {
		c.out.Flush()
	}
	return nil
}

// send puts a frame into the outbox, waiting for room, and sees to it that it
// leaves. end is the frame's last position in the stream. yield is for frames
// that others are likely to follow at once.
func (c *Conn) send(ctx, also context.Context, yield bool, frame func(buf []byte) []byte, lent *Lent) (end int64, err error) {
	for {
		if over := ended(ctx, also); over != nil {
			return 0, over
		}
		end, lead, err := c.offer(frame, lent)
		switch {
		case err == nil && lead:
			if yield {
				// Callers whose replies came together with this one's
				// are about to send, too: let their requests leave in
				// the same write.
				runtime.Gosched()
			}
			c.out.Flush()
			return end, nil
		case err == nil:
			return end, nil
		case !errors.Is(err, rpcconn.ErrFull):
			return 0, c.cause()
		}
		if err := c.waitRoom(ctx, also); err != nil {
			if over := ended(ctx, also); over != nil {
				return 0, over
			}
			return 0, c.cause()
		}
	}
}

// waitRoom waits for room in the outbox.
func (c *Conn) waitRoom(ctx, also context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(also, cancel)()
	return c.out.WaitRoom(ctx)
}

// ended returns why one of the contexts has ended, nil when none has.
func ended(ctx, also context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return also.Err()
}

// read gives the reply of w to result.
func (c *Conn) read(method string, w *waiter, result func(d *wire.Decoder) error) error {
	d := &w.dec
	d.Reset(w.reply)
	if w.failed {
		e := wire.DecodeError(d)
		if e == nil {
			return c.broken(method, fmt.Errorf("read error: %w", d.Err()))
		}
		if e.Code == wire.CodeShuttingDown {
			c.retire()
		}
		return e
	}
	if result == nil {
		return nil
	}
	err := result(d)
	if err == nil {
		err = d.Done()
	} else if d.Err() == nil {
		return err
	}
	if err != nil {
		return c.broken(method, fmt.Errorf("read result: %w", err))
	}
	return nil
}

// died is the error of a call whose connection ended; end is the last position
// of its request in the stream. A request that was cut off before its last
// byte cannot have been read.
func (c *Conn) died(method string, end int64) error {
	if end > c.out.Sent() {
		return c.unsent(method, c.cause())
	}
	return c.broken(method, c.cause())
}

func (c *Conn) unsent(method string, cause error) error {
	return fmt.Errorf("call %s at %s: %w: %w", method, c.addr, ErrNotSent, cause)
}

func (c *Conn) broken(method string, cause error) error {
	return fmt.Errorf("call %s at %s: %w: %w", method, c.addr, ErrBroken, cause)
}

// cause is why the connection takes no calls.
func (c *Conn) cause() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.err != nil {
		return c.mu.err
	}
	return errRetired
}
