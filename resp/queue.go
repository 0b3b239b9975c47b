package resp

import "sync"

const (
	// queueMost is how many commands of a connection may be under way at once;
	// those behind them are not read.
	queueMost = 1024
	// queueBytes is how many bytes they may take.
	queueBytes = 2 << 20
	// heldCost is what a call takes that is held, beside its arguments, here and where it
	// waits.
	heldCost = 1 << 10
	// answeredCost is what one takes that waits behind those, beside its reply.
	answeredCost = 512
	// queueFree is how many bytes a connection's calls may take without room in the
	// budget.
	queueFree = 32 << 10
)

// queue has the commands of a connection that are under way, and those behind them
// that are answered already, in their order: replies leave in that. Safe for
// concurrent use. Under its lock it takes none but the connection's, to pause that.
type queue struct {
	conn *conn
	mu   struct {
		sync.Mutex
		calls   []*Call
		bytes   int  // of arguments, of the calls themselves, and of small replies
		broke   bool // there was no room in the budget for the last one: it is the last until few are left
		paused  bool // the connection is, until the queue is open
		alone   bool // and empty
		due     bool // a flush is
		sending bool // somebody sends from the front
		last    bool // the connection ends when the queue is empty
	}
}

// add puts a call that is held at the end. Its size is known.
func (q *queue) add(call *Call) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.putLocked(call)
}

// putLocked puts a call at the end, and takes room for it if there is some: if not, it
// is the last one for now.
func (q *queue) putLocked(call *Call) {
	q.mu.calls = append(q.mu.calls, call)
	q.mu.bytes += call.size
	if q.mu.bytes <= queueFree {
		return
	}
	if q.mu.broke = !q.conn.server.reserve(call.size); !q.mu.broke {
		call.reserved += call.size
	}
}

// behind puts a call that is answered at the end, unless the queue is empty.
func (q *queue) behind(call *Call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.mu.calls) == 0 {
		return false
	}
	call.answered = true
	call.size = answeredCost + call.uncounted()
	q.putLocked(call)
	return true
}

// open reports whether another command may be run, and whether any are under way.
// If not, the connection is paused until it may.
func (q *queue) open() (open, queued bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	open = q.openLocked(1)
	if !open {
		q.pauseLocked()
	}
	return open, len(q.mu.calls) > 0
}

func (q *queue) openLocked(part int) bool {
	return len(q.mu.calls) < queueMost/part && q.mu.bytes < queueBytes/part && !q.mu.broke
}

// barrier reports whether commands are under way. If so, the connection is paused
// until none are.
func (q *queue) barrier() (queued bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.mu.calls) == 0 {
		return false
	}
	q.mu.alone = true
	q.pauseLocked()
	return true
}

func (q *queue) pauseLocked() {
	q.mu.paused = true
	q.conn.link.Pause()
}

// finish ends the connection when the queue is empty; it reports whether it is.
func (q *queue) finish() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.mu.last = true
	return len(q.mu.calls) == 0
}

// answered notes that a call has its reply. The caller may hold the lock of a
// partition.
func (q *queue) answered(call *Call) {
	q.mu.Lock()
	call.answered = true
	due := q.mu.calls[0] == call && !q.mu.due && !q.mu.sending
	if due {
		q.mu.due = true
	}
	q.mu.Unlock()
	if s := q.conn.server; due && !s.cfg.Bursts.Defer(q) {
		s.flusher.add(q)
	}
}

// Flush sends the replies whose turn it is. It does not block.
func (q *queue) Flush() {
	q.mu.Lock()
	q.mu.due = false
	if q.mu.sending {
		q.mu.Unlock()
		return // who sends looks again
	}
	q.mu.sending = true
	for {
		n := 0
		for n < len(q.mu.calls) && q.mu.calls[n].answered {
			n++
		}
		if n == 0 {
			break
		}
		ready := q.mu.calls[:n]
		q.mu.Unlock()
		size := 0
		for _, call := range ready {
			size += call.size
			q.conn.send(call)
		}
		q.mu.Lock()
		q.popLocked(n, size)
	}
	q.mu.sending = false
	empty := len(q.mu.calls) == 0
	resume := q.mu.paused && q.openLocked(2) && (empty || !q.mu.alone)
	if resume {
		q.mu.paused, q.mu.alone = false, false
	}
	last := q.mu.last && empty
	q.mu.Unlock()
	switch {
	case last:
		q.conn.link.Finish()
	case resume:
		q.conn.link.Resume()
	}
	q.conn.link.Flush()
}

// popLocked drops the first n calls.
func (q *queue) popLocked(n, size int) {
	rest := copy(q.mu.calls, q.mu.calls[n:])
	clear(q.mu.calls[rest:])
	if q.mu.calls = q.mu.calls[:rest]; rest == 0 && cap(q.mu.calls) > 16 {
		q.mu.calls = nil // idle connections are many
	}
	q.mu.bytes -= size
	if q.mu.bytes <= queueFree {
		q.mu.broke = false
	}
}
