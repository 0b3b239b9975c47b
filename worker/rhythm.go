package worker

import (
	"sync/atomic"
	"time"

	"pikv/store"
)

// rhythm is when a node's beats are due: every Timing.Beat, give or take a tenth,
// in step with the other workers. What a node asks, what the others ask it, and
// what they answer then come at one time, and it sleeps until the next: to wake
// costs an idle node more than what there is to do. Written by the ticks'
// goroutine; its times are of this node's clock.
type rhythm struct {
	last atomic.Int64 // the last beat; 0 before the first
	next atomic.Int64 // when the next one is due
}

// due reports whether it is time for a beat.
func (r *rhythm) due(now store.Instant) bool { return int64(now) >= r.next.Load() }

// struck notes that this node beats now, and that the one it keeps step with was
// heard to beat at lead, 0 if there is none.
func (r *rhythm) struck(now, lead store.Instant, beat time.Duration) {
	pause := beat
	if lead != 0 && lead <= now {
		pause = inStep(time.Duration(now-lead), beat)
	}
	r.last.Store(int64(now))
	r.next.Store(int64(now) + int64(pause))
}

// since reports whether the node has beaten after then.
func (r *rhythm) since(then store.Instant) bool { return int64(then) < r.last.Load() }

// until is how long it is until the next beat.
func (r *rhythm) until(now store.Instant) time.Duration {
	return max(time.Duration(r.next.Load())-time.Duration(now), 0)
}

// inStep is the pause after a beat that came so long after one of the node to
// keep step with. Who is late catches up, by a tenth of a beat at most: no
// lease waits any longer for its question, and on a network that delays each beat
// by another time there are hardly more of them. Only who is early by so little
// that it is chance, or a clock that is fast, waits for the other.
func inStep(after, beat time.Duration) time.Duration {
	late := after % beat
	if early := beat - late; early <= beat/20 {
		return beat + early
	}
	return beat - min(late, beat/10)
}
