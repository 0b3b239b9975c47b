package client

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

// firstView asks the seeds, again and again, until one answers.
func (c *Client) firstView(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.timeout)
	defer cancel()
	var last error
	for attempt := 0; ; attempt++ {
		err := c.fetch(ctx, c.seeds, 0)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil || last == nil {
			last = err // not the mere end of ctx, which says less
		}
		if err := sleep(ctx, attempt); err != nil {
			if errors.Is(err, context.Canceled) {
				return err
			}
			return noAnswer(c.seeds, last)
		}
	}
}

// born returns the table once it has a view; a cluster that has none yet is
// asked again, once.
func (c *Client) born(ctx context.Context) (*table, error) {
	if t := c.table.Load(); t.view != nil {
		return t, nil
	}
	select {
	case <-c.refresh("", "", 0):
	case <-ctx.Done():
		return nil, gaveUp(ctx.Err(), "", nil)
	}
	t := c.table.Load()
	if t.view == nil {
		return nil, noWorkers()
	}
	return t, nil
}

// refresh starts fetching a newer view unless a fetch is under way or one
// ended less than recent ago. The channel is closed when that fetch ends, or at once.
// prefer and avoid are as in table.sources.
func (c *Client) refresh(prefer, avoid string, recent time.Duration) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.fetching != nil {
		return c.mu.fetching
	}
	done := make(chan struct{})
	if c.mu.closed || (recent > 0 && time.Since(c.mu.fetched) < recent) {
		close(done)
		return done
	}
	c.mu.fetching = done
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		addrs, workers := c.table.Load().sources(prefer, avoid, c.seeds)
		if err := c.fetch(c.ctx, addrs, workers); err != nil {
			c.cfg.log.Debug("no node gave a view", zap.Strings("asked", addrs), zap.Error(err))
		}
		c.mu.Lock()
		c.mu.fetching, c.mu.fetched = nil, time.Now()
		c.mu.Unlock()
		close(done)
	}()
	return done
}
