package client

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

// firstView asks the seeds, again and again, until one answers.
func (c *Client) firstView(ctx context.Context) error {
	p := patience{ctx: ctx, deadline: time.Now().Add(c.cfg.timeout)}
	ctx, cancel := p.context()
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
		if err := p.sleep(attempt); err != nil {
			if errors.Is(err, context.Canceled) {
				return err
			}
			return noAnswer(c.seeds, last)
		}
	}
}

// born returns the table once it has a view; a cluster that has none yet is
// asked again, once.
func (c *Client) born(p patience) (*table, error) {
	if t := c.table.Load(); t.view != nil {
		return t, nil
	}
	if err := p.await(c.refresh("", "", 0)); err != nil {
		return nil, gaveUp(err, "", nil)
	}
	t := c.table.Load()
	if t.view == nil {
		return nil, noWorkers()
	}
	return t, nil
}

// refresh starts fetching a newer view unless a fetch is under way or one
// ended less than recent ago, so that callers that fail together do not ask
// one by one. The channel is closed when that fetch ends, or at once.
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
	c.wg.Go(func() {
		addrs, workers := c.table.Load().sources(prefer, avoid, c.seeds)
		if err := c.fetch(c.ctx, addrs, workers); err != nil {
			c.cfg.log.Debug("no node gave a view", zap.Strings("asked", addrs), zap.Error(err))
		}
		c.mu.Lock()
		c.mu.fetching, c.mu.fetched = nil, time.Now()
		c.mu.Unlock()
		close(done)
	})
	return done
}
