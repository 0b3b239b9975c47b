package worker

import (
	"context"
	"time"

	"go.uber.org/zap"
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
