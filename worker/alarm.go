package worker

import (
	"context"
	"time"
)

// alarm wakes one goroutine again and again, until a context ends.
type alarm interface {
	// wait returns true after d, and false when the context has ended.
	wait(d time.Duration) bool
	close()
}

// timerAlarm is an alarm of Go's own timers.
type timerAlarm struct{ ctx context.Context }

var _ alarm = timerAlarm{}

func (a timerAlarm) wait(d time.Duration) bool {
	sleep(a.ctx, d)
	return a.ctx.Err() == nil
}

func (a timerAlarm) close() {}
