package retry

import (
	"pikv/placement"
	"pikv/wire"
)

// Hop is where an attempt goes.
type Hop struct {
	Addr string // "" when nobody knows
	// Master is the master id of the view that Known is about.
	Master placement.MasterID
	// Known is the highest epoch of the partition that the client heard of;
	// 0 when that does not matter.
	Known placement.Epoch
	// Tell is sent as Options.Epoch: Known after a redirect, so that a worker
	// with an older view fetches the newer one before it answers; else 0.
	Tell uint64
}

// Later returns which of two hops is better informed: what a redirect said, or
// the cached view, which may be another master's by now.
func Later(redirect, cached Hop) Hop {
	if redirect.Addr == "" || cached.Master != redirect.Master || cached.Known > redirect.Known {
		return cached
	}
	return redirect
}

// Kind says how an attempt ended without success.
type Kind uint8

// The kinds of ending.
const (
	// NotSent: not a byte of it left this process.
	NotSent Kind = iota
	// Lost: it was sent, or perhaps was, and is not answered.
	Lost
	// Rerouted: it was given up while it waited, for the partition has
	// another owner by now.
	Rerouted
	// Answered: the node refused, see Ending.Answer.
	Answered
)

// Ending is the end of an attempt.
type Ending struct {
	Kind   Kind
	Answer *wire.Error // Answered
}

// Call is what matters of a call.
type Call struct {
	Write bool // repeating it may do harm
	Named bool // a write that carries its name: repeated, it takes effect once
	Large bool // made where large values go, or nobody wants them
	// Attempts made so far, the one at hand not counted.
	Attempts int
}

// Verdict is what follows from an attempt.
type Verdict struct {
	Final   bool   // the call ends: Maybe without an answer, or with Ending.Answer
	Maybe   bool   // the attempt may have taken effect, or may yet
	Next    Hop    // where to, when redirected; zero: ask the cached view
	Pause   bool   // wait first
	Large   bool   // make it where large values go
	Refresh bool   // renew the view meanwhile
	Prefer  string // whom to ask for it first, "" for anyone
	Avoid   string // whom to ask last, "" for nobody
}

// Judge decides what to do after an attempt at h. It is pure.
//
// A write without a name is repeated only when it certainly had no effect: the
// worker said so (a retryable code), or not a byte of it was sent.
func Judge(e Ending, call Call, h Hop) Verdict {
	switch e.Kind {
	case NotSent:
		return Verdict{Pause: true, Refresh: true, Avoid: h.Addr}
	case Lost:
		v := Verdict{Maybe: call.Write, Refresh: true, Avoid: h.Addr}
		v.Final = call.Write && !call.Named
		v.Pause = !v.Final
		return v
	case Rerouted:
		return Verdict{Maybe: call.Write, Final: call.Write && !call.Named}
	default:
		return judgeAnswer(e.Answer, call, h)
	}
}

// judgeAnswer is Judge for an answer of the node.
func judgeAnswer(e *wire.Error, call Call, h Hop) Verdict {
	if e.Code == wire.CodeUnknownFate && call.Named {
		// The node was primary and is no more, or ran out of time. A repetition
		// tells: it gets the outcome, or is made now.
		return Verdict{Maybe: true, Pause: true, Refresh: true}
	}
	if e.Code == wire.CodeLarge && !call.Large {
		return Verdict{Large: true, Next: h}
	}
	if !e.Retryable() || e.Code == wire.CodeLarge { // which nobody is told twice
		return Verdict{Final: true, Maybe: e.Code == wire.CodeUnknownFate || e.Code == wire.CodeForgotten}
	}
	v := Verdict{Pause: true}
	switch epoch := placement.Epoch(e.Epoch); {
	case e.Code == wire.CodeShuttingDown:
		v.Refresh, v.Avoid = true, h.Addr
	case e.Code != wire.CodeMoved:
		// busy or timeout: the owner is right, and needs a moment
	case e.Owner == "":
		v.Refresh = true
	case epoch < h.Known:
		// The worker's view is older than ours: tell it, and give it time.
		// Or the cluster was started anew, which another node's view shows.
		v.Next = Hop{Addr: h.Addr, Master: h.Master, Known: h.Known, Tell: uint64(h.Known)}
		v.Refresh, v.Avoid = true, h.Addr
	default:
		v.Next = Hop{Addr: e.Owner, Master: h.Master, Known: epoch, Tell: e.Epoch}
		// Two workers that point at each other (a hand-over under way) must
		// not be asked in a tight loop.
		v.Pause = call.Attempts > 0
		v.Refresh, v.Prefer = true, h.Addr
	}
	return v
}

// Settles reports whether an answer also settles what an earlier attempt that
// may have reached a worker did: a success does, and what is recorded for a
// repeated write. After any other the earlier attempt may yet take effect.
func Settles(e *wire.Error) bool {
	return e == nil || e.Code == wire.CodeCondition || e.Code == wire.CodeNotInteger
}
