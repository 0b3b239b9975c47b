package resp

import "sync"

// flusher flushes what no burst is open for: who answered it holds locks.
type flusher struct {
	wake chan struct{} // size 1
	done sync.WaitGroup
	mu   struct {
		sync.Mutex
		list    []Flusher
		started bool
		closed  bool
	}
}

func (f *flusher) init() { f.wake = make(chan struct{}, 1) }

func (f *flusher) start() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.mu.started && !f.mu.closed {
		f.mu.started = true
		f.done.Go(f.run)
	}
}

// add has x flushed soon.
func (f *flusher) add(x Flusher) {
	f.mu.Lock()
	first := len(f.mu.list) == 0 && !f.mu.closed
	if !f.mu.closed { // else nobody is connected any more
		f.mu.list = append(f.mu.list, x)
	}
	f.mu.Unlock()
	if first {
		f.signal()
	}
}

func (f *flusher) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *flusher) run() {
	for range f.wake {
		f.mu.Lock()
		list, closed := f.mu.list, f.mu.closed
		f.mu.list = nil
		f.mu.Unlock()
		for _, x := range list {
			x.Flush()
		}
		if closed {
			return
		}
	}
}

// close flushes what is left and waits for the end.
func (f *flusher) close() {
	f.mu.Lock()
	f.mu.closed = true
	f.mu.Unlock()
	f.signal()
	f.done.Wait()
}
