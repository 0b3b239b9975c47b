package replica

import "time"

// simFailure is how an attempt ended without the outcome.
type simFailure int

const (
	simNotSent  simFailure = iota // nothing left the client
	simAnswered                   // the node answered that it did not do it
	simBroken                     // the connection ended
	simStalled                    // no progress for long
	simLate                       // the call's time is over
)

func duration(ns int64) time.Duration { return time.Duration(ns) }

type simWindow struct{ w *simSeqs }

type simSeqs struct {
	next uint64
	open []uint64
}

func newSimWindow() simWindow { return simWindow{&simSeqs{next: 1}} }

func (w simWindow) Begin() uint64 {
	seq := w.w.next
	w.w.next++
	w.w.open = append(w.w.open, seq)
	return seq
}

func (w simWindow) Finish(seq uint64) {
	for i, s := range w.w.open {
		if s == seq {
			w.w.open = append(w.w.open[:i], w.w.open[i+1:]...)
			return
		}
	}
}

func (w simWindow) Finished() uint64 {
	if len(w.w.open) > 0 {
		return w.w.open[0]
	}
	return w.w.next
}

// failed decides what follows from an attempt without the outcome.
func (call *simCall) failed(how simFailure, done *Done) {
	cl := call.client
	s := cl.s
	write := call.op.kind != OpGet
	unknown := how == simBroken || how == simStalled || how == simLate
	pause := s.between(3, 60) * millisecond
	if how == simAnswered {
		switch done.Status {
		case Moved:
			cl.heard[call.partition] = max(cl.heard[call.partition], done.Epoch)
			if s.now < call.deadline {
				s.after(s.between(0, 2)*millisecond, func() { call.try(done.Owner) })
				return
			}
		case UnknownFate:
			unknown = true
		case Forgotten:
			s.cover.hit(coverForgotten)
			call.end(&simResult{unknown: true})
			return
		case OutOfMemory, Finished, TooLarge:
			if call.attempt == 1 {
				call.end(nil)
				return
			}
		}
	}
	if unknown && write {
		call.attempt++
	}
	if s.now >= call.deadline {
		if call.attempt > 1 || !write {
			s.cover.hit(coverGaveUp)
			call.end(&simResult{unknown: true})
		} else {
			call.end(nil)
		}
		return
	}
	s.after(pause, func() { call.try(0) })
}
