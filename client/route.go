package client

import (
	"errors"

	"pikv/placement"
	"pikv/rpcclient"
	"pikv/wire"
)

// hop is where an attempt goes.
type hop struct {
	addr string // "" when nobody knows
	// master is the master id of the view that known is about.
	master placement.MasterID
	// known is the highest epoch of the partition that the client heard of;
	// 0 in proxy mode, where the master knows better.
	known placement.Epoch
	// tell is sent as Options.Epoch: known after a redirect, so that a worker
	// with an older view fetches the newer one before it answers; else 0.
	tell uint64
}

// errRerouted ends an attempt whose partition has another owner by now.
var errRerouted = errors.New("the owner changed while the call waited")

// errNoOwner stands for an attempt that had nowhere to go.
var errNoOwner = errors.New("the view does not name an owner that could be asked")

// verdict is what follows from a failed attempt.
type verdict struct {
	err     error  // the call ends with it; nil: try again
	next    hop    // where to, when redirected; zero: ask the cached view
	pause   bool   // wait first
	refresh bool   // renew the view meanwhile
	prefer  string // whom to ask for it first, "" for anyone
	avoid   string // whom to ask last, "" for nobody
}

// judge decides what to do after err, which is not nil, from attempt number attempt
// (from 0) at h. It is pure. ctxErr is the error of the call's context, nil
// while there is time left; write says that repeating the request may do harm.
//
// A write is repeated only when it certainly had no effect: the worker said
// so (a retryable code), or not a byte of it was sent.
func judge(err, ctxErr error, attempt int, h hop, write bool) verdict {
	var answer *wire.Error
	notSent := errors.Is(err, rpcclient.ErrNotSent) || errors.Is(err, errNoOwner)
	broken := errors.Is(err, rpcclient.ErrBroken)
	rerouted := errors.Is(err, errRerouted)
	switch {
	case rerouted:
		return verdict{err: over(ctxErr, h, err)}
	case errors.As(err, &answer) && !notSent && !broken:
		return judgeAnswer(answer, ctxErr, attempt, h)
	case notSent:
		return verdict{err: over(ctxErr, h, err), pause: true, refresh: true, avoid: h.addr}
	case broken && write:
		return verdict{err: unknownFate(h.addr, err), refresh: true, avoid: h.addr}
	case broken:
		return verdict{err: over(ctxErr, h, err), pause: true, refresh: true, avoid: h.addr}
	default: // an answer that makes no sense
		return verdict{err: err}
	}
}

// judgeAnswer is judge for an answer of the node.
func judgeAnswer(e *wire.Error, ctxErr error, attempt int, h hop) verdict {
	if !e.Retryable() {
		return verdict{err: explained(e)}
	}
	v := verdict{err: over(ctxErr, h, e), pause: true}
	switch epoch := placement.Epoch(e.Epoch); {
	case e.Code == wire.CodeShuttingDown:
		v.refresh, v.avoid = true, h.addr
	case e.Code != wire.CodeMoved:
		// busy or timeout: the owner is right, and needs a moment
	case e.Owner == "":
		v.refresh = true
	case epoch < h.known:
		// The worker's view is older than ours: tell it, and give it time.
		// Or the cluster was started anew, which another node's view shows.
		v.next = hop{addr: h.addr, master: h.master, known: h.known, tell: uint64(h.known)}
		v.refresh, v.avoid = true, h.addr
	default:
		v.next = hop{addr: e.Owner, master: h.master, known: epoch, tell: e.Epoch}
		// Two workers that point at each other (a hand-over under way) must
		// not be asked in a tight loop.
		v.pause = attempt > 0
		v.refresh, v.prefer = true, h.addr
	}
	return v
}

// over returns what a call that wanted to go on because of last ends with: nil
// while there is time.
func over(ctxErr error, h hop, last error) error {
	if ctxErr == nil {
		return nil
	}
	return gaveUp(ctxErr, h.addr, last)
}
