package history

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/anishathalye/porcupine"
)

// state is what a key holds between two operations of an order that porcupine tries.
type state struct {
	present bool
	value   string
	// expires is when a time to live may end at the earliest: it counts from
	// the write's arrival, and that is after its call. 0: never.
	expires time.Duration
	// version is that of the last write that told its version, or that a
	// reader saw; known says that nothing was written since. Versions of a
	// key grow, also when it was absent in between.
	version uint64
	known   bool
}

// mayBeGone reports whether somebody who was answered at that time can have
// found the key absent.
func (s state) mayBeGone(answered time.Duration) bool {
	return !s.present || s.expires != 0 && answered >= s.expires
}

// gone is the state of a key that was found absent: it stays so until it is
// written again, also if it had expired.
func (s state) gone() state { return state{version: s.version} }

// written is the state after op has stored value. ok is false when the version
// that op was told cannot be that of a later write.
func (s state) written(op *Op, value string) (ok bool, next state) {
	next = state{present: true, value: value, version: s.version}
	if op.TTL > 0 {
		next.expires = op.Call + op.TTL
	}
	tellsVersion := op.Kind != Incr && op.Kind != GetSet && !op.Unknown && !op.Untold
	if !tellsVersion {
		return true, next
	}
	next.version, next.known = op.Version, true
	return op.Version > s.version, next
}

// step reports whether op can have been answered as it was in state s, and
// returns the state after it. An operation of unknown fate may be put at the
// very end of the order, where it is as if it had never happened.
func step(s state, op *Op) (bool, state) {
	switch op.Kind {
	case Get, GetVersion:
		return s.read(op)
	case Put:
		return s.written(op, op.Value)
	case PutAbsent:
		return s.conditional(op, !s.present, s.present)
	case PutPresent:
		return s.conditional(op, s.present, !s.present)
	case PutVersion:
		// If the version is not known it is another: whoever expects one has
		// seen it in an answer before, and since then something was written.
		same := s.present && s.known && s.version == op.Expect
		return s.conditional(op, same, !same)
	case Incr:
		return s.incr(op)
	case GetSet:
		_, next := s.written(op, op.Value)
		if op.Unknown {
			return true, next
		}
		ok, _ := s.read(op)
		return ok, next
	case Del:
		switch {
		case op.Unknown:
			return true, s.gone()
		case op.Found:
			return s.present, s.gone()
		default:
			return s.mayBeGone(op.Return), s.gone()
		}
	}
	return false, s
}

// read is a look at the key.
func (s state) read(op *Op) (bool, state) {
	if !op.Found {
		return s.mayBeGone(op.Return), s.gone()
	}
	ok := s.present && s.value == op.Read
	if op.Kind == GetVersion {
		if s.known {
			ok = ok && op.Version == s.version
		} else {
			ok = ok && op.Version > s.version
		}
		s.version, s.known = op.Version, true
	}
	return ok, s
}

// conditional is a write that happens only if holds. Keys with a time to live
// see none: whether they are there is not a matter of order alone.
func (s state) conditional(op *Op, holds, fails bool) (bool, state) {
	switch {
	case op.Unknown && !holds:
		return true, s
	case op.Refused:
		return fails, s
	}
	ok, next := s.written(op, op.Value)
	return ok && holds, next
}

// incr adds to the integer that the key holds, 0 if absent.
func (s state) incr(op *Op) (bool, state) {
	var number int64
	if s.present {
		n, err := strconv.ParseInt(s.value, 10, 64)
		if err != nil {
			return op.Unknown || op.Refused, s
		}
		number = n
	}
	number += op.Delta
	_, next := s.written(op, strconv.FormatInt(number, 10))
	return !op.Refused && (op.Unknown || op.Number == number), next
}

// ranked is an operation with its place among the writes of the key that tell
// their version, from 1; 0: it is none of them. Each of them took effect, and in
// the order of versions: to try no other spares porcupine nearly all of the
// orders of writes that were under way together.
type ranked struct {
	*Op
	rank int
}

// place is a state, and how many of the ranked writes have led to it.
type place struct {
	state
	rank int
}

// model is one key for porcupine.
var model = porcupine.Model{
	Init: func() any { return place{} },
	Step: func(at, input, _ any) (bool, any) {
		p, op := at.(place), input.(ranked)
		if op.rank > 0 {
			if op.rank != p.rank+1 {
				return false, p
			}
			p.rank++
		}
		ok, next := step(p.state, op.Op)
		return ok, place{next, p.rank}
	},
}

// tellsVersion reports whether it is a write that took effect and whose version
// is known.
func (o *Op) tellsVersion() bool {
	switch o.Kind {
	case Put, PutAbsent, PutPresent, PutVersion:
		return !o.Unknown && !o.Refused && !o.Untold
	default:
		return false
	}
}

// rank finds the places of the writes that tell their version.
func rank(ops []Op) []ranked {
	all := make([]ranked, len(ops))
	var told []*ranked
	for i := range ops {
		all[i] = ranked{Op: &ops[i]}
		if ops[i].tellsVersion() {
			told = append(told, &all[i])
		}
	}
	slices.SortStableFunc(told, func(a, b *ranked) int { return cmp.Compare(a.Version, b.Version) })
	for i, r := range told {
		r.rank = i + 1
	}
	return all
}

// linearizable checks the history of one key, for so long at most.
func linearizable(ops []Op, timeout time.Duration) porcupine.CheckResult {
	operations := make([]porcupine.Operation, len(ops))
	for i, op := range rank(ops) {
		end := int64(op.Return)
		if op.Unknown {
			end = math.MaxInt64
		}
		operations[i] = porcupine.Operation{ClientId: op.Caller, Input: op, Call: int64(op.Call), Return: end}
	}
	return porcupine.CheckOperationsTimeout(model, operations, timeout)
}
