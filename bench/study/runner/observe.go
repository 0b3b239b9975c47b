package runner

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pikv/bench/proc"
	"pikv/bench/study"
)

// slot is the time that a sample is about.
const slot = 100 * time.Millisecond

// latest is for how long after the last request was due one may end in a slot of its
// own: callers wait for those before, whose patience ends after a minute.
const latest = 3 * time.Minute

// observer counts what becomes of requests, by when they end.
type observer struct {
	begin  time.Time
	window int     // slots in which requests are due; those behind are for the ones that are late
	due    float64 // requests per second in the window
	slots  []slotted
}

// slotted is what ended within a slot.
type slotted struct {
	failed atomic.Int64
	mu     sync.Mutex
	took   []float64 // microseconds, guarded by mu
	steal  float64   // percent, written by watchSteal alone
}

// newObserver makes one of requests that are due for so long, and begins.
func newObserver(long time.Duration, due float64) *observer {
	return &observer{begin: time.Now(), window: int(long / slot), due: due, slots: make([]slotted, int((long+latest)/slot)+1)}
}

// ended counts a request. A latency counts from when the request was due, so that
// those which waited behind a stall show it.
func (o *observer) ended(latency time.Duration, err error) {
	s := &o.slots[min(int(time.Since(o.begin)/slot), len(o.slots)-1)]
	if err != nil {
		s.failed.Add(1)
		return
	}
	s.mu.Lock()
	s.took = append(s.took, float64(latency.Microseconds()))
	s.mu.Unlock()
}

// watchSteal notes at the end of each slot what others took of the machine in it,
// until ctx ends.
func (o *observer) watchSteal(ctx context.Context) error {
	before, err := proc.ReadSteal()
	if err != nil {
		return err
	}
	for i := range o.slots {
		t := time.NewTimer(time.Until(o.begin.Add(time.Duration(i+1) * slot)))
		select {
		case <-ctx.Done():
			t.Stop()
			return nil
		case <-t.C:
		}
		after, err := proc.ReadSteal()
		if err != nil {
			return err
		}
		o.slots[i].steal, before = after.Since(before), after
	}
	return nil
}

// samples returns what was seen: in all slots of the window, and in those behind it up
// to the last in which a request ended. Nothing may be counted any more.
func (o *observer) samples() []study.Sample {
	var all []study.Sample
	last := o.window
	for i := range o.slots {
		s := &o.slots[i]
		sample := study.Sample{At: millis(time.Duration(i+1) * slot), Rate: float64(len(s.took)) / slot.Seconds(), Failed: s.failed.Load(), Steal: s.steal}
		if i < o.window {
			sample.Due = o.due
		}
		if n := len(s.took); n > 0 {
			slices.Sort(s.took)
			sample.P99 = s.took[(n-1)*99/100]
		}
		if len(s.took) > 0 || sample.Failed > 0 {
			last = max(last, i+1)
		}
		all = append(all, sample)
	}
	return all[:last]
}

func millis(d time.Duration) float64 { return float64(d.Milliseconds()) }
