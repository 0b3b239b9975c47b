package client

import (
	"context"
	"sync"
	"time"

	"pikv/client/retry"
	"pikv/placement"
)

// attempt is one try of a request that waits for its answer. It is the context
// that ends when the watch ends the attempt; the caller's own stands beside it.
// Attempts are used again: one that was never ended keeps its channel.
type attempt struct {
	r        *request
	from     retry.Hop
	deadline time.Time
	ended    chan struct{} // closed when err is set; never replaced

	// Under the watch's lock:
	since      time.Time // when the watch first saw it; zero before
	err        error     // why the watch ended it
	prev, next *attempt
}

var attempts = sync.Pool{New: func() any { return &attempt{ended: make(chan struct{})} }}

// Deadline implements context.Context.
func (a *attempt) Deadline() (time.Time, bool) { return a.deadline, true }

// Done implements context.Context.
func (a *attempt) Done() <-chan struct{} { return a.ended }

// Err implements context.Context.
func (a *attempt) Err() error {
	select {
	case <-a.ended:
		return a.err // set before
	default:
		return nil
	}
}

// Value implements context.Context.
func (a *attempt) Value(any) any { return nil }

// watch looks after the attempts of a client that wait, every config.look while
// there are any. It ends those whose time is over, and those whose partition has
// another owner by now, in the cached view: the next attempt goes there. For one
// that has waited for config.stall it also has the view renewed by another node.
//
// A write that is ended so is sent again under its name, and takes effect once.
//
// One timer serves all of them: one for each, with a context, costs as much as
// the rest of a call.
type watch struct {
	c  *Client
	mu struct {
		sync.Mutex
		first  *attempt // a list
		timer  *time.Timer
		due    time.Time // when timer fires; zero when it does not
		closed bool
	}
}

// begin starts watching an attempt at h.
func (w *watch) begin(p patience, r *request, h retry.Hop) *attempt {
	a := attempts.Get().(*attempt)
	a.r, a.from, a.deadline = r, h, p.deadline
	w.mu.Lock()
	defer w.mu.Unlock()
	if a.next = w.mu.first; a.next != nil {
		a.next.prev = a
	}
	w.mu.first = a
	if w.mu.due.IsZero() || a.deadline.Before(w.mu.due) {
		now := time.Now()
		w.armLocked(now, earlier(a.deadline, now.Add(w.c.cfg.look)))
	}
	return a
}

// end stops watching an attempt that is over and reports whether it was the
// watch that ended it because its partition has another owner.
func (w *watch) end(a *attempt) (rerouted bool) {
	w.mu.Lock()
	if a.prev != nil {
		a.prev.next = a.next
	} else {
		w.mu.first = a.next
	}
	if a.next != nil {
		a.next.prev = a.prev
	}
	err := a.err
	w.mu.Unlock()
	if err == nil {
		// Not ended: who waits for that may look at the channel still.
		a.r, a.since, a.prev, a.next = nil, time.Time{}, nil, nil
		attempts.Put(a)
	}
	return err == errRerouted //nolint:errorlint // the watch's own, never wrapped
}

// armLocked has look run at due.
func (w *watch) armLocked(now, due time.Time) {
	w.mu.due = due
	switch wait := due.Sub(now); {
	case w.mu.closed:
	case w.mu.timer == nil:
		w.mu.timer = time.AfterFunc(wait, w.look)
	default:
		w.mu.timer.Reset(wait)
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// look judges every attempt that waits.
func (w *watch) look() {
	if !w.c.begin() {
		return
	}
	defer w.c.wg.Done()
	now := time.Now()
	due := now.Add(w.c.cfg.look)
	stalled := "" // one of the nodes that attempts have stalled at
	w.mu.Lock()
	for a := w.mu.first; a != nil; a = a.next {
		switch {
		case a.err != nil: // its caller is about to notice
			continue
		case !now.Before(a.deadline):
			a.endLocked(context.DeadlineExceeded)
			continue
		case a.since.IsZero():
			a.since = now
		case w.c.moved(a, now.Sub(a.since)):
			a.endLocked(errRerouted)
			continue
		case now.Sub(a.since) >= w.c.cfg.stall:
			stalled = a.from.Addr
		}
		due = earlier(due, a.deadline)
	}
	if w.mu.first == nil {
		w.mu.due = time.Time{}
	} else {
		w.armLocked(now, due)
	}
	w.mu.Unlock()
	if stalled != "" {
		w.c.refresh("", stalled, w.c.cfg.look)
	}
}

func (a *attempt) endLocked(err error) {
	a.err = err
	close(a.ended)
}

// close stops the timer for good.
func (w *watch) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.closed = true
	if w.mu.timer != nil {
		w.mu.timer.Stop()
	}
}

// moved reports whether the cached view sends the request elsewhere by now.
func (c *Client) moved(a *attempt, waited time.Duration) bool {
	if a.r.moved != nil {
		return a.r.moved(waited)
	}
	return c.leaves(a.from, a.r.partition)
}

// leaves reports whether the cached view sends what went to from elsewhere.
func (c *Client) leaves(from retry.Hop, p placement.PartitionID) bool {
	now := c.route(&request{partition: p})
	return now.Addr != "" && now.Addr != from.Addr && (c.cfg.proxy || retry.Later(from, now) == now)
}
