package retry

import "sync"

// MostUnfinished bounds the writes of one client that are under way at a
// time: for no more than that workers keep records.
const MostUnfinished = 16 << 10

// Window names the writes of one client and knows which are finished. Safe
// for concurrent use. The zero value is ready.
type Window struct {
	mu    sync.Mutex
	first uint64 // the lowest that may be unfinished, less one
	open  []bool // of those after first: still unfinished
	count int    // of open ones
	room  chan struct{}
}

// Begin names n writes: seq, seq+1 and so on. ok is false while too many are
// unfinished; room is then closed when it is worth to try again. n is at most
// MostUnfinished.
func (w *Window) Begin(n int) (seq uint64, room <-chan struct{}, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.count+n > MostUnfinished {
		if w.room == nil {
			w.room = make(chan struct{})
		}
		return 0, w.room, false
	}
	seq = w.first + uint64(len(w.open)) + 1
	for range n {
		w.open = append(w.open, true)
	}
	w.count += n
	return seq, nil, true
}

// Finish notes that nobody waits for the write seq any more. Each is finished
// once.
func (w *Window) Finish(seq uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open[seq-w.first-1] = false
	w.count--
	done := 0
	for done < len(w.open) && !w.open[done] {
		done++
	}
	w.first += uint64(done)
	if w.open = w.open[done:]; len(w.open) == 0 {
		w.open = nil
	}
	if w.room != nil {
		close(w.room)
		w.room = nil
	}
}

// Finished returns the lowest number of a write that somebody may still wait
// for.
func (w *Window) Finished() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.first + 1
}
