package client

import (
	"context"
	"sync"
	"time"

	"pikv/client/retry"
)

// stallWatch looks after one attempt that waits: whenever it has waited for
// config.stall it has the view renewed by another node, and ends the attempt
// when the partition turns out to have another owner. From commit on it only
// renews the view: a write without a name keeps waiting for its answer.
type stallWatch struct {
	c      *Client
	r      *request
	from   retry.Hop
	cancel context.CancelFunc

	mu struct {
		sync.Mutex
		timer     *time.Timer // nil once stopped
		committed bool
		rerouted  bool // the attempt was ended; never after committed
	}
}

// watch starts watching an attempt at h and returns its context.
func (c *Client) watch(p patience, r *request, h retry.Hop) (context.Context, *stallWatch) {
	ctx, cancel := p.context()
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
	<-w.c.refresh("", w.from.Addr, w.c.cfg.stall/2)
	now := w.c.route(w.r)
	moved := now.Addr != "" && now.Addr != w.from.Addr && (w.c.cfg.proxy || retry.Later(w.from, now) == now)

	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.mu.timer == nil: // over meanwhile
	case moved && !w.mu.committed:
		w.mu.rerouted = true
		w.cancel()
	default:
		w.mu.timer.Reset(w.c.cfg.stall)
	}
}

// commit keeps the watch from ending the attempt from now on; false when it
// has done so.
func (w *stallWatch) commit() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.committed = true
	return !w.mu.rerouted
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
