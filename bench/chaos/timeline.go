package chaos

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"pikv/bench/history"
)

// Timeline prints a line a second: what the load saw and which faults came.
// Safe for concurrent use.
type Timeline struct {
	out   io.Writer
	began time.Time

	mu     sync.Mutex
	events []string // since the last line
}

// NewTimeline prints the heading.
func NewTimeline(out io.Writer) *Timeline {
	fmt.Fprintf(out, "%8s %8s %10s %7s %8s  %s\n", "second", "ops/s", "slowest", "failed", "unknown", "faults")
	return &Timeline{out: out, began: time.Now()}
}

// Say notes an event for the next line.
func (t *Timeline) Say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, fmt.Sprintf(format, args...))
}

// Run prints until done is closed; take returns what the load counted since it
// was called before.
func (t *Timeline) Run(done <-chan struct{}, take func() history.Tally) {
	seconds := time.NewTicker(time.Second)
	defer seconds.Stop()
	for {
		select {
		case <-done:
			t.line(take())
			return
		case <-seconds.C:
			t.line(take())
		}
	}
}

// line prints one line.
func (t *Timeline) line(n history.Tally) {
	t.mu.Lock()
	events := strings.Join(t.events, "; ")
	t.events = nil
	t.mu.Unlock()
	text := fmt.Sprintf("%8.0f %8d %8.3f s %7d %8d  %s", time.Since(t.began).Seconds(), n.Ops, n.Slowest.Seconds(), n.Failed, n.Unknown, events)
	fmt.Fprintln(t.out, strings.TrimRight(text, " "))
}
