package worker

import (
	"context"
	"time"

	"pikv/replica"
)

// fillPause is how long the filler rests when no learner may be sent anything:
// long enough that a chunk or two of each are due then, short enough that the
// network, which spreads them, is not left idle.
const fillPause = 5 * time.Millisecond

// filler sends snapshots to learners, to each no faster than its share of the
// rate for background streams and than it takes them, a chunk of each partition
// in turn.
type filler struct {
	w     *Worker
	ready chan struct{} // size 1
	rate  int64         // bytes per second of all together, 0 for no limit; set before any loop runs
}

func newFiller(w *Worker) *filler { return &filler{w: w, ready: make(chan struct{}, 1)} }

// slow limits the filler to a rate; NoMoveLimit is none.
func (f *filler) slow(bytesPerSecond int64) {
	if bytesPerSecond != NoMoveLimit {
		f.rate = bytesPerSecond
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
				sleep(ctx, fillPause)
			}
			again = sent || crowded
		}
	}
}

// round sends one chunk of every partition that has one ready. crowded reports
// that some had to wait, for their learner or for its share of the rate.
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
		if ctx.Err() != nil {
			return false, false
		}
		size, full := f.chunk(p)
		crowded = crowded || full
		sent = sent || size > 0
	}
	return sent, crowded
}

// chunk sends one chunk of a partition and returns its size in bytes; full
// reports that a learner of it must wait.
func (f *filler) chunk(p *partition) (size int, full bool) {
	f.w.step(p, func(c *replica.Core, out *replica.Effects) {
		for _, learner := range c.Config().Learners {
			full = full || f.w.links.crowded(learner)
		}
		if full {
			return
		}
		if size = c.FillChunk(f.w.now(), out); size > 0 {
			f.w.links.spend(out.Messages[len(out.Messages)-1].To, size)
		}
	})
	return size, full
}
