package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pikv/client/retry"
	"pikv/placement"
	"pikv/rpcclient"
	"pikv/wire"
)

// request is one call, however many attempts it takes.
type request struct {
	method    string
	partition placement.PartitionID // routes the call
	write     bool                  // repeating it may do harm
	large     bool                  // takes the lane for large values
	// options travel with each attempt, which adds what the partition's epoch,
	// the attempt's number and the finished writes are.
	options wire.Options
	maybe   bool // an attempt may have taken effect
	// moved replaces the watch's look at partition, for a call on several; it
	// is told for how long the attempt has waited.
	moved func(waited time.Duration) bool
	// params appends the parameters.
	params func(buf []byte, o wire.Options) []byte
	sent   wire.Options            // of the attempt under way
	encode func(buf []byte) []byte // appendSent; nil before the first attempt
	room   *rpcclient.Room         // for the answer; may be nil
	// lend is a large value that params leaves out, with what comes after it: it is sent
	// from where it lies. nil: there is none.
	lend []byte
	// result reads the answer. It may return a *wire.Error that the answer
	// holds for the only key of the call, which then counts as the call's.
	result func(d *wire.Decoder) error
}

// do makes the request until it is answered for good or p is over. Its errors
// are those of judge.
func (c *Client) do(p patience, r *request) error {
	h := c.route(r)
	var last error
	for attempt := 0; ; attempt++ {
		err := c.attempt(p, r, h)
		if err == nil {
			return nil
		}
		over := p.over()
		if last != nil && over != nil && errors.Is(err, rpcclient.ErrNotSent) {
			err = last // the end of time, which kept this attempt from being sent, tells less
		}
		last = err
		v := judge(err, over, r.call(attempt), r.maybe, h)
		if v.Refresh {
			c.renew(v.Verdict, r)
		}
		if v.err != nil {
			return v.err
		}
		if v.Large {
			r.large = true
		}
		if v.Maybe {
			r.maybe = true
			r.options.Attempt++
		}
		if v.Pause {
			if over := p.sleep(attempt); over != nil {
				return r.abandoned(over, h.Addr, err)
			}
		}
		h = retry.Later(v.Next, c.route(r))
	}
}

// call is what a judge needs to know of r.
func (r *request) call(attempts int) retry.Call {
	return retry.Call{Write: r.write, Named: r.options.Client != 0, Large: r.large, Attempts: attempts}
}

// abandoned is what a call ends with whose time is over.
func (r *request) abandoned(over error, addr string, last error) error {
	if retry.Late(r.maybe) == retry.Unknown {
		return unknownFate(addr, last, over)
	}
	return gaveUp(over, addr, last)
}

// renew has the view renewed behind the call's back, unless the cached view,
// renewed for another call meanwhile, has what the redirect said.
func (c *Client) renew(v retry.Verdict, r *request) {
	if v.Prefer != "" {
		cached := c.route(r)
		if retry.Later(v.Next, cached).Addr != v.Next.Addr || cached.Addr == v.Next.Addr && cached.Known == v.Next.Known {
			return
		}
	}
	recent := c.cfg.renewal
	if v.Prefer != "" {
		recent = 0 // what the cached view does not have yet, Prefer has
	}
	c.refresh(v.Prefer, v.Avoid, recent)
}

// route returns where the cached view sends r.
func (c *Client) route(r *request) retry.Hop {
	t := c.table.Load()
	if c.cfg.proxy {
		return retry.Hop{Addr: t.master}
	}
	return t.owner(r.partition)
}

// attempt makes the request once, at h.
func (c *Client) attempt(p patience, r *request, h retry.Hop) error {
	switch {
	case c.ctx.Err() != nil:
		return ErrClosed
	case h.Addr == "":
		return errNoOwner
	}
	a := c.watch.begin(p, r, h)
	err := c.exchange(p.ctx, a, r, h)
	switch rerouted := c.watch.end(a); {
	case !rerouted || err == nil:
		return err
	case errors.Is(err, rpcclient.ErrNotSent):
		return errLeft
	default:
		return errRerouted
	}
}

// exchange sends the request and reads the answer, until ctx or a ends.
func (c *Client) exchange(ctx context.Context, a *attempt, r *request, h retry.Hop) error {
	conn := c.pool.Open(h.Addr, r.large)
	var err error
	if conn == nil {
		conn, err = c.connect(ctx, a, r, h)
	}
	switch {
	case err != nil && c.ctx.Err() != nil:
		return ErrClosed
	case err != nil:
		return dialFailed(err)
	}
	o := r.options
	if o.Epoch = h.Tell; o.Client == c.name {
		o.Finished = c.window.Finished()
	}
	if r.sent = o; r.encode == nil {
		r.encode = r.appendSent
	}
	var lent *rpcclient.Lent
	if r.lend != nil {
		lent = &rpcclient.Lent{Bytes: r.lend, Tail: wire.AppendPutTail(nil, o)}
	}
	return conn.CallInto(ctx, a, r.room, r.method, r.encode, lent, r.result)
}

func (r *request) appendSent(buf []byte) []byte { return r.params(buf, r.sent) }

// connect gets a connection that has to be waited for.
func (c *Client) connect(ctx context.Context, a *attempt, r *request, h retry.Hop) (*rpcclient.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a, cancel)()
	if r.large {
		return c.pool.GetLarge(ctx, h.Addr)
	}
	return c.pool.Get(ctx, h.Addr)
}

// dialFailed marks the error of a connection that could not be had: nothing
// was sent on it.
func dialFailed(err error) error {
	if errors.Is(err, rpcclient.ErrNotSent) {
		return err
	}
	return fmt.Errorf("%w: %w", rpcclient.ErrNotSent, err)
}
