package replica

import (
	"pikv/client/retry"
	"pikv/placement"
	"pikv/wire"
)

// What a client does after an attempt that failed, by the real client's rules.

// stalled is an attempt's end when the connection breaks or makes no progress.
var stalled = retry.Ending{Kind: retry.Lost}

// route is where the cached view sends requests for a partition.
func (cl *simClient) route(p placement.PartitionID) retry.Hop {
	if cl.view == nil {
		return retry.Hop{}
	}
	config := &cl.view.Partitions[p]
	owner, _ := cl.view.Node(config.Primary)
	return retry.Hop{Addr: owner.Addr, Master: cl.view.MasterID, Known: config.Epoch}
}

// failed decides what follows from an attempt that ended without success. done is
// the node's answer, if there was one.
func (call *simCall) failed(e retry.Ending, done *Done) {
	cl := call.client
	s := cl.s
	s.plantInEnding(&e)
	over := s.now >= call.deadline
	of := retry.Call{Write: call.op.kind != OpGet, Named: call.seq != 0, Attempts: call.tries - 1}
	v := retry.Judge(e, of, call.hop)
	end := v.End(e, call.maybe, over)
	s.plantInEnd(v, &end)
	s.cover.ending(of, &e, end)
	if v.Refresh {
		life := cl.life
		s.after(s.between(0, 40)*millisecond, func() {
			if cl.life == life {
				cl.refresh(v.Prefer)
			}
		})
	}
	if v.Maybe {
		call.maybe = true
		call.attempt++
	}
	if end != retry.Again {
		call.over(end, done)
		return
	}
	var pause int64
	if v.Pause {
		longest := min(int64(5)<<min(call.tries, 10), 100) // milliseconds
		pause = s.between(longest/2, longest) * millisecond
	}
	s.after(min(pause, call.deadline-s.now), func() {
		if s.now >= call.deadline {
			call.over(retry.Late(call.maybe), nil)
			return
		}
		call.try(v.Next)
	})
}

// over ends the call, which had no success.
func (call *simCall) over(end retry.End, done *Done) {
	switch {
	case call.client.calls[call.thread] != call: // the client was restarted
	case end == retry.Unknown:
		call.end(&simResult{unknown: true})
	case end == retry.Refused && (done.Status == ConditionFailed || done.Status == NotInteger):
		call.end(call.result(done))
	default:
		call.end(nil)
	}
}

// reroute ends the attempts at nodes that, by a new view, are not the owners any
// more: not all of them at once.
func (cl *simClient) reroute() {
	for _, call := range cl.calls {
		if call == nil || call.under == nil || call.under.over || cl.s.chance(0.3) {
			continue
		}
		now := cl.route(call.partition)
		if now.Addr != "" && now.Addr != call.hop.Addr && retry.Later(call.hop, now) == now {
			cl.s.cover.hit(coverRerouted)
			a := call.under
			cl.s.after(0, func() { a.failed(retry.Ending{Kind: retry.Rerouted}, nil) })
		}
	}
}

// answerOf is what a node answers an operation that did not succeed: what a
// worker makes of a core's answer.
func (n *simNode) answerOf(p placement.PartitionID, kind OpKind, done *Done) *wire.Error {
	switch done.Status {
	case Moved:
		return n.redirect(p, done)
	case Unavailable, Crowded:
		return &wire.Error{Code: wire.CodeBusy}
	case Timeout:
		return &wire.Error{Code: wire.CodeTimeout}
	case OutOfMemory:
		return &wire.Error{Code: wire.CodeOutOfMemory}
	case ConditionFailed:
		return &wire.Error{Code: wire.CodeCondition}
	case NotInteger:
		return &wire.Error{Code: wire.CodeNotInteger}
	case Finished:
		return &wire.Error{Code: wire.CodeStale}
	case Forgotten:
		return &wire.Error{Code: wire.CodeForgotten}
	case TooLarge:
		return &wire.Error{Code: wire.CodeTooLarge}
	case UnknownFate:
		if kind == OpGet { // what a read may begin nobody can see
			return &wire.Error{Code: wire.CodeTimeout}
		}
		return &wire.Error{Code: wire.CodeUnknownFate}
	default:
		panic("no worker answers " + done.Status.String())
	}
}

// redirect is the answer of a node that is not the owner.
func (n *simNode) redirect(p placement.PartitionID, done *Done) *wire.Error {
	view := n.following.view
	owner, ok := view.Node(done.Owner)
	switch {
	case !ok:
		return &wire.Error{Code: wire.CodeBusy}
	case owner.Name != n.host.name || done.Owner == n.inc:
		return &wire.Error{Code: wire.CodeMoved, Owner: owner.Addr, Epoch: uint64(done.Epoch)}
	}
	for _, inc := range view.Partitions[p].InSync {
		if node, _ := view.Node(inc); node.Name != n.host.name || inc == n.inc {
			return &wire.Error{Code: wire.CodeBusy} // another of the replicas is to take over
		}
	}
	return &wire.Error{Code: wire.CodeUnavailable}
}
