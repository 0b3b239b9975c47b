package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// counting runs `pikv incr` again and again, as a shell loop would, and checks
// that each sum is the one after the last: an increment that got lost, or was
// made twice when it was repeated, would show at once.
type counting struct {
	cancel context.CancelFunc
	ended  sync.WaitGroup

	mu      sync.Mutex
	last    int           // guarded by mu, like the others
	longest time.Duration // that an increment took
	err     error
}

// count begins to count a counter that is at last. stop must be called.
func (d *demo) count(ctx context.Context, last int) *counting {
	c := &counting{last: last}
	ctx, c.cancel = context.WithCancel(ctx)
	c.ended.Go(func() {
		for c.step(ctx, d) {
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
	return c
}

// countOn goes on with the counter that is there. stop must be called.
func (d *demo) countOn(ctx context.Context) (*counting, error) {
	at, err := d.stored(ctx)
	if err != nil {
		return nil, err
	}
	fmt.Printf("$ while bin/pikv incr %s; do sleep 0.05; done &    # it is at %d\n", counter, at)
	return d.count(ctx, at), nil
}

// stored returns what the store says that the counter is at.
func (d *demo) stored(ctx context.Context) (int, error) {
	out, err := d.pikv(ctx, "get", counter)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(out)))
	if err != nil {
		return 0, fmt.Errorf("read the counter: %w", err)
	}
	return n, nil
}

// counted ends c, and makes sure that no increment of it got lost.
func (d *demo) counted(ctx context.Context, c *counting) error {
	if err := c.stop(); err != nil {
		return err
	}
	switch at, err := d.stored(ctx); {
	case err != nil:
		return err
	case at != c.value():
		return fmt.Errorf("count: the counter is at %d, and was at %d when the last increment was acknowledged", at, c.value())
	}
	fmt.Printf("  the counter is at %d: each increment counted once, the longest took %.2f s\n", c.value(), c.gap().Seconds())
	return nil
}

// step makes one increment and reports whether to go on.
func (c *counting) step(ctx context.Context, d *demo) bool {
	if ctx.Err() != nil {
		return false
	}
	begun := time.Now()
	// One that has begun is finished: cut short, it would be one of unknown fate.
	out, err := d.pikv(context.WithoutCancel(ctx), "incr", counter)
	took := time.Since(begun)
	c.mu.Lock()
	defer c.mu.Unlock()
	n, bad := strconv.Atoi(string(bytes.TrimSpace(out)))
	switch {
	case err != nil:
		c.err = err
	case bad != nil || n != c.last+1:
		c.err = fmt.Errorf("count: %q came after %d", out, c.last)
	default:
		c.last, c.longest = n, max(c.longest, took)
	}
	return c.err == nil
}

// stop ends the counting and returns what went wrong, if anything did. More
// calls return the same.
func (c *counting) stop() error {
	c.cancel()
	c.ended.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// value returns the last sum.
func (c *counting) value() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// gap returns how long the longest increment took since forgetGap.
func (c *counting) gap() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.longest
}

func (c *counting) forgetGap() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.longest = 0
}

// reach waits until the counter is at n.
func (c *counting) reach(ctx context.Context, n int) error {
	for {
		c.mu.Lock()
		last, err := c.last, c.err
		c.mu.Unlock()
		if err != nil || last >= n {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}
