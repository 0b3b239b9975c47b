package worker

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"pikv/replica"
)

// crowdedPause is how long the filler leaves a peer alone that does not keep up.
const crowdedPause = 10 * time.Millisecond

// filler sends snapshots to learners, no faster than the rate for background
// streams allows and than the learners take them, a chunk of each partition in
// turn.
type filler struct {
	w     *Worker
	ready chan struct{} // size 1
	limit *rate.Limiter
	rate  int64 // bytes per second, 0 for no limit; set before any loop runs
}

func newFiller(w *Worker) *filler {
	return &filler{w: w, ready: make(chan struct{}, 1), limit: rate.NewLimiter(rate.Inf, fillBatch)}
}

// slow limits the filler to a rate; NoMoveLimit is none.
func (f *filler) slow(bytesPerSecond int64) {
	if bytesPerSecond != NoMoveLimit {
		f.rate = bytesPerSecond
		f.limit.SetLimit(rate.Limit(bytesPerSecond))
	}
}

// wake tells that a partition has something to send. Safe under its lock.
func (f *filler) wake() {
	select {
	case f.ready <- struct{}{}:
	default:
	}
}

func (f *filler) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.ready:
		}
		for again := true; again && ctx.Err() == nil; {
			var sent, crowded bool
			if sent, crowded = f.round(ctx); crowded && !sent {
				sleep(ctx, crowdedPause)
			}
			again = sent || crowded
		}
	}
}

// round sends one chunk of every partition that has one ready. crowded reports
// that some had to wait for their learner to catch up.
func (f *filler) round(ctx context.Context) (sent, crowded bool) {
	t := f.w.table.Load()
	if t == nil {
		return false, false
	}
	for i := range t.partitions {
		p := &t.partitions[i]
		if !p.fill.Load() {
			continue
		}
		size, full := f.chunk(p)
		crowded = crowded || full
		sent = sent || size > 0
		if f.pace(ctx, size) != nil {
			return false, false
		}
	}
	return sent, crowded
}

// chunk sends one chunk of a partition and returns its size in bytes; full
// reports that a learner of it has too much under way already.
func (f *filler) chunk(p *partition) (size int, full bool) {
	f.w.step(p, func(c *replica.Core, out *replica.Effects) {
		for _, learner := range c.Config().Learners {
			full = full || f.w.links.crowded(learner)
		}
		if !full {
			size = c.FillChunk(f.w.now(), out)
		}
	})
	return size, full
}

// pace waits until size bytes more may be sent.
func (f *filler) pace(ctx context.Context, size int) error {
	if f.rate == 0 {
		return ctx.Err()
	}
	for size > 0 {
		part := min(size, f.limit.Burst())
		if err := f.limit.WaitN(ctx, part); err != nil {
			return err
		}
		size -= part
	}
	return nil
}
