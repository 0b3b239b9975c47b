package client

import (
	"context"
	"errors"
	"fmt"

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
	// params appends the parameters; tell is hop.tell.
	params func(buf []byte, tell uint64) []byte
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
		v := judge(err, over, attempt, h, r.write)
		if v.refresh {
			c.renew(v, r)
		}
		if v.err != nil {
			return v.err
		}
		if v.pause {
			if over := p.sleep(attempt); over != nil {
				return gaveUp(over, h.addr, err)
			}
		}
		h = later(v.next, c.route(r))
	}
}

// renew has the view renewed behind the call's back, unless the cached view,
// renewed for another call meanwhile, has what the redirect said.
func (c *Client) renew(v verdict, r *request) {
	if v.prefer != "" {
		cached := c.route(r)
		if later(v.next, cached).addr != v.next.addr || cached.addr == v.next.addr && cached.known == v.next.known {
			return
		}
	}
	c.refresh(v.prefer, v.avoid, 0)
}

// route returns where the cached view sends r.
func (c *Client) route(r *request) hop {
	t := c.table.Load()
	if c.cfg.proxy {
		return hop{addr: t.master}
	}
	return t.owner(r.partition)
}

// later returns which of two hops is better informed: what a redirect said, or
// the cached view, which may be another master's by now.
func later(redirect, cached hop) hop {
	if redirect.addr == "" || cached.master != redirect.master || cached.known > redirect.known {
		return cached
	}
	return redirect
}

// attempt makes the request once, at h.
func (c *Client) attempt(p patience, r *request, h hop) error {
	switch {
	case c.ctx.Err() != nil:
		return ErrClosed
	case h.addr == "":
		return errNoOwner
	}
	ctx, w := c.watch(p, r, h)
	err := c.exchange(ctx, w, r, h)
	if rerouted := w.stop(); rerouted && err != nil {
		return errRerouted
	}
	return err
}

// exchange sends the request and reads the answer; w may end ctx.
func (c *Client) exchange(ctx context.Context, w *stallWatch, r *request, h hop) error {
	get := c.pool.Get
	if r.large {
		get = c.pool.GetLarge
	}
	conn, err := get(ctx, h.addr)
	switch {
	case err != nil && c.ctx.Err() != nil:
		return ErrClosed
	case err != nil:
		return dialFailed(err)
	case r.write && !w.commit():
		return errRerouted
	}
	return conn.Call(ctx, r.method, func(buf []byte) []byte { return r.params(buf, h.tell) }, r.result)
}

// dialFailed marks the error of a connection that could not be had: nothing
// was sent on it.
func dialFailed(err error) error {
	if errors.Is(err, rpcclient.ErrNotSent) {
		return err
	}
	return fmt.Errorf("%w: %w", rpcclient.ErrNotSent, err)
}
