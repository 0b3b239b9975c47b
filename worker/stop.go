package worker

import (
	"context"
	"errors"
	"sync"

	"pikv/replica"
)

// life is what Start, Close and Abort know of each other.
type life struct {
	hurried context.Context // ended by Abort: a Close under way loses its patience
	hurry   context.CancelFunc
	once    sync.Once
	err     error // of the first Close, valid after once

	mu struct {
		sync.Mutex
		begun  chan struct{} // closed when Start has done what it does; nil before Start
		closed bool
	}
}

// begin lets Start run once, and not after the end.
func (l *life) begin() (begun chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.begun != nil || l.mu.closed {
		return nil, errOnce
	}
	l.mu.begun = make(chan struct{})
	return l.mu.begun, nil
}

// Close stops the worker in order: it answers what is in flight until ctx
// ends, leaves the gossip, and stops the loops. What it still holds is gone:
// Drain first. Further calls wait for the first and return its result. A Start
// under way is interrupted.
func (w *Worker) Close(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.life.hurried, cancel)()
	w.end(func() { w.life.err = w.leave(ctx) })
	return w.life.err
}

// Abort stops the worker as a crash would: nobody is told. For tests, and
// for those who have lost patience with a Close under way, which it cuts short
// and waits for.
func (w *Worker) Abort() {
	w.life.hurry()
	w.end(w.drop)
}

// end waits for a Start under way, which it interrupts, and calls stop if
// nobody has before.
func (w *Worker) end(stop func()) {
	w.life.mu.Lock()
	w.life.mu.closed = true
	begun := w.life.mu.begun
	w.life.mu.Unlock()
	if begun != nil {
		select {
		case <-begun:
		default:
			w.stop()
			<-begun
		}
	}
	w.life.once.Do(stop)
}

// leave stops in the order in which others notice least.
func (w *Worker) leave(ctx context.Context) error {
	// 1. The front doors, while the loops still run: writes in flight need the
	// other replicas to end. Nobody is sent here any more.
	w.closeResponder()
	err := w.closeRedis(ctx)
	err = errors.Join(err, w.server.Close(ctx))
	// 2. Tell the others, so that nobody suspects a crash.
	if w.gossip != nil {
		err = errors.Join(err, w.gossip.Leave(ctx), w.gossip.Close())
	}
	// 3. The loops and their connections.
	w.stop()
	w.loops.Wait()
	w.links.close()
	err = errors.Join(err, w.pool.Close())
	// 4. The data, which nobody asks for any more.
	w.giveBack()
	return err
}

// drop stops at once.
func (w *Worker) drop() {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	w.stop()
	w.closeResponder()
	_ = w.closeRedis(ended)
	_ = w.server.Close(ended) // cutting calls short is what was asked for
	if w.gossip != nil {
		_ = w.gossip.Close()
	}
	w.loops.Wait()
	w.links.close()
	_ = w.pool.Close()
	w.giveBack()
}

// giveBack returns the memory of all partitions to the system.
func (w *Worker) giveBack() {
	if t := w.table.Load(); t != nil {
		for i := range t.partitions {
			t.partitions[i].look((*replica.Core).Close)
		}
	}
	w.memory.Close()
}
