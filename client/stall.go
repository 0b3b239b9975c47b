package client

import (
	"context"
	"sync"
	"time"
)

// stallWatch looks after one attempt that waits: whenever it has waited for
// config.stall it has the view renewed by another node, and ends the attempt
// when the partition turns out to have another owner. A write that is on its way
// keeps waiting all the same: only what may be repeated is given ctx.
type stallWatch struct {
	c      *Client
	r      *request
	from   hop
	cancel context.CancelFunc

	mu struct {
		sync.Mutex
		timer    *time.Timer // nil once stopped
		rerouted bool
	}
}

// watch starts watching an attempt at h and returns the context that it ends.
func (c *Client) watch(ctx context.Context, r *request, h hop) (context.Context, *stallWatch) {
	ctx, cancel := context.WithCancel(ctx)
	w := &stallWatch{c: c, r: r, from: h, cancel: cancel}
	w.mu.Lock()
	w.mu.timer = time.AfterFunc(c.cfg.stall, w.fire)
	w.mu.Unlock()
	return ctx, w
}

// fire runs when the attempt has waited for another config.stall.
func (w *stallWatch) fire() {
	if !w.c.begin() {
		return
	}
	defer w.c.wg.Done()
	<-w.c.refresh("", w.from.addr, w.c.cfg.stall/2)
	now := w.c.route(w.r)
	moved := now.addr != "" && now.addr != w.from.addr && now.known >= w.from.known

	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.mu.timer == nil: // over meanwhile
	case moved:
		w.mu.rerouted = true
		w.cancel()
	default:
		w.mu.timer.Reset(w.c.cfg.stall)
	}
}

// stop ends the watch and reports whether it was what ended the attempt.
func (w *stallWatch) stop() (rerouted bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.timer.Stop()
	w.mu.timer = nil
	w.cancel()
	return w.mu.rerouted
}
