package client

import (
	"context"
	"time"

	"pikv/placement"
	"pikv/rpcclient"
	"pikv/wire"
)

// watchWait is for how long a node is asked to wait for a newer view.
const watchWait = 5 * time.Second

// watchPause is what passes before a node is asked again that lets nobody wait.
const watchPause = 200 * time.Millisecond

// WatchView calls changed with each view that follows another one, the first
// with nil for old, until ctx ends or changed returns an error, and returns
// that error or ctx's. Views that come in quick succession may be seen as one
// change. The views are shared: do not change them.
func (c *Client) WatchView(ctx context.Context, changed func(old, view *placement.View) error) error {
	var last *placement.View
	for attempt := 0; ; attempt++ {
		if view := c.table.Load().view; view != nil && (last == nil || view.MasterID != last.MasterID || view.Epoch > last.Epoch) {
			if err := changed(last, view); err != nil {
				return err
			}
			last, attempt = view, 0
		}
		asked := time.Now()
		err := c.awaitNewer(ctx, last)
		// A node lets nobody wait while it stops, or too many do.
		atOnce := err == nil && c.table.Load().view == last && time.Since(asked) < watchWait/2
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case c.ctx.Err() != nil:
			return ErrClosed
		case atOnce:
			select {
			case <-time.After(watchPause):
			case <-ctx.Done():
			case <-c.ctx.Done():
			}
		case err != nil:
			p := patience{ctx: ctx, deadline: time.Now().Add(c.cfg.timeout)}
			if err := p.sleep(attempt); err != nil {
				return err
			}
		}
	}
}

// awaitNewer asks some node for a view that is newer than last, and waits for
// one for a while.
func (c *Client) awaitNewer(ctx context.Context, last *placement.View) error {
	t := c.table.Load()
	req := &wire.ViewRequest{WaitMS: watchWait.Milliseconds()}
	if last != nil {
		req.MasterID, req.Since = uint64(last.MasterID), uint64(last.Epoch)
	}
	addrs, workers := t.sources(t.master, "", c.seeds)
	var failed error
	for i, addr := range addrs {
		var reply wire.ViewReply
		failed = c.askLong(ctx, addr, body(wire.MethodView, req, &reply))
		if failed == nil {
			return c.take(last, reply, i >= workers)
		}
		if ctx.Err() != nil || c.ctx.Err() != nil {
			return failed
		}
	}
	return failed
}

// askLong makes a call at addr that the node may hold for watchWait.
func (c *Client) askLong(ctx context.Context, addr string, call func(context.Context, *rpcclient.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, watchWait+askMax)
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()
	conn, err := c.pool.Get(ctx, addr)
	if err != nil {
		return err
	}
	return call(ctx, conn)
}
