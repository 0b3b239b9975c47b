package chaos

import (
	"fmt"
	"io"
	"sync"
	"time"

	"pikv/bench/history"
)

// Timeline prints a line for each thing that happens, with what the load saw
// since the line before. Safe for concurrent use.
type Timeline struct {
	out   io.Writer
	began time.Time
	take  func() history.Tally // what the load counted since it was called before

	mu   sync.Mutex
	last time.Time // of a line
}

// NewTimeline prints the heading.
func NewTimeline(out io.Writer, take func() history.Tally) *Timeline {
	fmt.Fprintf(out, "%8s  %-28s %7s %10s %7s %8s\n", "second", "event", "ops/s", "slowest", "failed", "unknown")
	now := time.Now()
	return &Timeline{out: out, take: take, began: now, last: now}
}

// Say prints an event's line.
func (t *Timeline) Say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	n := t.take()
	rate := float64(n.Ops) / max(now.Sub(t.last), time.Millisecond).Seconds()
	t.last = now
	fmt.Fprintf(t.out, "%8.1f  %-28s %7.0f %8.3f s %7d %8d\n", now.Sub(t.began).Seconds(), fmt.Sprintf(format, args...), rate, n.Slowest.Seconds(), n.Failed, n.Unknown)
}
