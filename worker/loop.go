package worker

import (
	"context"
	"time"

	"go.uber.org/zap"

	"pikv/store"
)

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// untilNext is how long it is until the clock shows a multiple of every: what
// is done at such times is done together, and an idle node sleeps in between.
func untilNext(now store.Instant, every time.Duration) time.Duration {
	return every - time.Duration(now)%every
}

// complaint logs a lasting condition when it begins, once a while, and when
// it ends. For one goroutine.
type complaint struct {
	last time.Time
	open bool
}

func (c *complaint) about(log *zap.Logger, text string, err error) {
	if c.open && time.Since(c.last) < complainEvery {
		return
	}
	c.open, c.last = true, time.Now()
	log.Warn(text, zap.Error(err))
}

func (c *complaint) over(log *zap.Logger, text string) {
	if c.open {
		c.open = false
		log.Info(text)
	}
}
