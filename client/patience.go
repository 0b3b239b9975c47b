package client

import (
	"context"
	"math/rand/v2"
	"time"
)

// patience is how long a call may go on: until its deadline, or the end of the
// caller's context. It is not a context itself, because a call needs one for each
// attempt anyway, and two cost as much as all the rest of a call.
type patience struct {
	ctx      context.Context // the caller's
	deadline time.Time
}

// over returns nil while the call may go on, else the context's error, as if
// the context had the deadline.
func (p patience) over() error {
	if err := p.ctx.Err(); err != nil {
		return err
	}
	if !time.Now().Before(p.deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

// context returns a context that ends with the patience, or when it is cancelled.
func (p patience) context() (context.Context, context.CancelFunc) {
	return context.WithDeadline(p.ctx, p.deadline)
}

// await returns nil when done is closed, or as over when that comes first.
func (p patience) await(done <-chan struct{}) error {
	select {
	case <-done: // usual, and saves the timer
		return nil
	default:
	}
	ctx, cancel := p.context()
	defer cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sleep waits for the pause before retry number attempt, or returns as over
// when that comes first.
func (p patience) sleep(attempt int) error {
	d := pause(attempt, rand.Float64())
	t := time.NewTimer(min(d, time.Until(p.deadline)))
	defer t.Stop()
	select {
	case <-t.C:
		return p.over()
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}
