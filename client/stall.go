package client

import (
	"context"
	"sync"
	"time"

	"pikv/client/retry"
	"pikv/placement"
)

// stallWatch looks after one attempt that waits. It compares the cached view
// with where the attempt went every config.look, and ends the attempt when the
// partition has another owner by now: the next one goes there. Once it has
// waited for config.stall it also has the view renewed by another node.
//
// A write that is ended so is sent again under its name, and takes effect once.
type stallWatch struct {
	c      *Client
	r      *request
	from   retry.Hop
	since  time.Time
	cancel context.CancelFunc

	mu struct {
		sync.Mutex
		timer    *time.Timer // nil once stopped
		rerouted bool        // the attempt was ended
	}
}

// watch starts watching an attempt at h and returns its context.
func (c *Client) watch(p patience, r *request, h retry.Hop) (context.Context, *stallWatch) {
	ctx, cancel := p.context()
	w := &stallWatch{c: c, r: r, from: h, since: time.Now(), cancel: cancel}
	w.mu.Lock()
	w.mu.timer = time.AfterFunc(c.cfg.look, w.fire)
	w.mu.Unlock()
	return ctx, w
}

// fire runs when the attempt has waited for another config.look.
func (w *stallWatch) fire() {
	if !w.c.begin() {
		return
	}
	defer w.c.wg.Done()
	if !w.moved() && time.Since(w.since) >= w.c.cfg.stall {
		<-w.c.refresh("", w.from.Addr, w.c.cfg.look)
	}
	moved := w.moved()

	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.mu.timer == nil: // over meanwhile
	case moved:
		w.mu.rerouted = true
		w.cancel()
	default:
		w.mu.timer.Reset(w.c.cfg.look)
	}
}

// moved reports whether the cached view sends the request elsewhere by now.
func (w *stallWatch) moved() bool {
	if w.r.moved != nil {
		return w.r.moved(time.Since(w.since))
	}
	return w.c.leaves(w.from, w.r.partition)
}

// leaves reports whether the cached view sends what went to from elsewhere.
func (c *Client) leaves(from retry.Hop, p placement.PartitionID) bool {
	now := c.route(&request{partition: p})
	return now.Addr != "" && now.Addr != from.Addr && (c.cfg.proxy || retry.Later(from, now) == now)
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
