package replica

import (
	"fmt"
	"math"
	"strconv"

	"github.com/anishathalye/porcupine"
)

// simInput is an operation in a key's history.
type simInput struct {
	op    simOp
	at    int64 // when it was called
	call  *simCall
	slot  int  // of a pair's two keys
	reset bool // not an operation: the partition was given up and began anew
}

// simResult is what became of it.
type simResult struct {
	unknown bool // it may take effect at any later time, or never
	status  Status
	found   bool
	value   uint64
	version Number
	seen    [2]simSeen // OpUpdate, OpGroup
	at      int64      // when it was answered
}

// simKeyState is what a key holds.
type simKeyState struct {
	value   uint64 // 0: absent
	version Number // 0: not known
	floor   Number // versions are above it
	expires int64  // from then on it may be absent, once and for all; 0: never
}

// gone is the state without the key.
func (st simKeyState) gone() simKeyState { return simKeyState{floor: max(st.floor, st.version)} }

// has reports whether the key may be there with this version.
func (st simKeyState) has(version Number) bool {
	return st.value != 0 && (st.version == version || st.version == 0 && version > st.floor)
}

// with is the state once its version is known.
func (st simKeyState) with(version Number) simKeyState {
	st.version = version
	return st
}

// put is the state after a write; version 0 is not known.
func (st simKeyState) put(in *simInput, value uint64, version Number, drift int64) simKeyState {
	next := simKeyState{value: value, version: version, floor: max(st.floor, st.version)}
	if in.op.ttl > 0 {
		next.expires = in.at + in.op.ttl - in.op.ttl/1000*drift
	}
	return next
}

// meets reports whether the key may be as the condition wants it. gone: its
// time may be over.
func (st simKeyState) meets(op *simOp, gone bool) bool {
	switch op.condition {
	case IfAbsent:
		return gone
	case IfPresent:
		return st.value != 0
	case IfVersion:
		return op.version == 0 && gone || st.has(op.version)
	default:
		return true
	}
}

// Numbers that clients count with, as tokens.
const (
	counterBit  = 1 << 63
	counterZero = 1 << 40
)

func counterToken(n int64) uint64 { return counterBit | uint64(n+counterZero) }

// plus is what an increment makes of a token; 0: it cannot.
func plus(token uint64, delta int64) uint64 {
	switch {
	case token == 0:
		return counterToken(delta)
	case token&counterBit == 0:
		return 0
	default:
		return token + uint64(delta)
	}
}

// tokenOf is a stored value as a token.
func tokenOf(b []byte) uint64 {
	if len(b) == 0 {
		return 0
	}
	if b[0] == '-' || b[0] >= '0' && b[0] <= '9' {
		n, err := strconv.ParseInt(string(b), 10, 64)
		if err != nil {
			return 1
		}
		return counterToken(n)
	}
	var token uint64
	for _, c := range b[:min(8, len(b))] {
		token = token<<8 | uint64(c)
	}
	return token
}

// simModel is one key: a register with a version, whose value may expire,
// which shows when somebody finds it absent. An operation of unknown fate takes
// effect wherever it can: if it never did, it stands at the end. drift is by
// how much, in thousandths, clocks may be fast. Where there is eviction a key may
// be absent at any time, which shows in the same way: gone is gone.
func simModel(drift int64, evicts bool) porcupine.Model {
	if evicts {
		return evictingModel(drift)
	}
	return porcupine.Model{
		Init: func() any { return simKeyState{} },
		Step: func(state, input, output any) (bool, any) {
			ok, next := simStep(state.(simKeyState), input.(*simInput), output.(*simResult), drift, false)
			return ok, next
		},
		DescribeOperation: func(input, output any) string {
			return describe(input.(*simInput), output.(*simResult))
		},
	}
}

// evictingModel is simModel with eviction.
func evictingModel(drift int64) porcupine.Model {
	return (&porcupine.NondeterministicModel{
		Init: func() []any { return []any{simKeyState{}} },
		Step: func(state, input, output any) (all []any) {
			for _, next := range simSteps(state.(simKeyState), input.(*simInput), output.(*simResult), drift, true) {
				all = append(all, next)
			}
			return all
		},
		DescribeOperation: func(input, output any) string {
			return describe(input.(*simInput), output.(*simResult))
		},
	}).ToModel()
}

// simSteps are the states that there may be after an operation; none: it cannot
// have been. Where there is eviction an increment of unknown fate may have found
// its key, or not any more, and takes effect either way.
func simSteps(st simKeyState, in *simInput, out *simResult, drift int64, evicts bool) []simKeyState {
	ok, next := simStep(st, in, out, drift, evicts)
	switch {
	case !ok:
		return nil
	case evicts && out.unknown && in.op.kind == OpIncr && st.value != 0:
		return []simKeyState{next, st.gone().put(in, plus(0, in.op.delta), 0, drift)}
	default:
		return []simKeyState{next}
	}
}

func simStep(st simKeyState, in *simInput, out *simResult, drift int64, evicts bool) (bool, simKeyState) {
	gone := st.value == 0 || st.expires != 0 && out.at >= st.expires || evicts
	switch {
	case in.reset:
		return true, st.gone()
	case in.op.kind == OpUpdate && !out.unknown:
		return st.update(in, out, gone, drift)
	case out.unknown:
		return true, simUnknown(st, in, gone, drift)
	case out.status == ConditionFailed && out.version == 0:
		unmet := in.op.condition == IfPresent || in.op.condition == IfVersion && in.op.version != 0
		return gone && unmet, st.gone()
	case out.status == ConditionFailed:
		unmet := in.op.condition == IfAbsent || in.op.condition == IfVersion && in.op.version != out.version
		return st.has(out.version) && unmet, st.with(out.version)
	case out.status == NotInteger:
		return st.has(out.version) && plus(st.value, in.op.delta) == 0, st.with(out.version)
	}
	switch in.op.kind {
	case OpGet:
		if !out.found {
			return gone, st.gone()
		}
		return st.value == out.value && st.has(out.version), st.with(out.version)
	case OpDelete:
		if !out.found {
			return gone && st.meets(&in.op, gone), st.gone()
		}
		return st.value != 0 && st.meets(&in.op, false), st.gone()
	case OpIncr:
		if out.version <= max(st.floor, st.version) {
			return false, st
		}
		if st.value != 0 && plus(st.value, in.op.delta) == out.value {
			next := st.put(in, out.value, out.version, drift)
			next.expires = st.expires // it keeps its time
			return true, next
		}
		return gone && plus(0, in.op.delta) == out.value, st.put(in, out.value, out.version, drift)
	default: // OpPut
		ok := out.version > max(st.floor, st.version) && st.meets(&in.op, gone)
		if in.op.old {
			ok = ok && (out.found && st.value == out.value && st.value != 0 || !out.found && gone)
		}
		return ok, st.put(in, in.op.value, out.version, drift)
	}
}

// simUnknown is the state after an operation of which nobody knows whether it
// took effect, and which does if it can.
func simUnknown(st simKeyState, in *simInput, gone bool, drift int64) simKeyState {
	switch {
	case !st.meets(&in.op, gone):
		return st
	case in.op.kind == OpUpdate:
		return st.unknownUpdate(in, drift)
	case in.op.kind == OpDelete:
		return st.gone()
	case in.op.kind == OpIncr:
		value := plus(st.value, in.op.delta)
		if value == 0 {
			return st
		}
		next := st.put(in, value, 0, drift)
		next.expires = st.expires
		return next
	case in.op.kind == OpPut:
		return st.put(in, in.op.value, 0, drift)
	default:
		return st
	}
}

func describe(in *simInput, out *simResult) string {
	if in.reset {
		return "reset"
	}
	what := [...]string{"", "get", "put", "delete", "incr", "update", "group"}[in.op.kind] + strconv.Itoa(in.slot)
	if in.op.kind >= OpUpdate {
		what += [...]string{" read", " replace", " touch", " take", " set", " set new", " rename", " copy"}[in.op.act]
	}
	result := "unknown"
	if !out.unknown {
		result = fmt.Sprintf("%v found %v value %x version %x at %d", out.status, out.found, out.value, out.version, out.at/millisecond)
	}
	if !out.unknown && in.op.kind >= OpUpdate {
		result += fmt.Sprintf(" seen %+v", out.seen)
	}
	return fmt.Sprintf("%s %x if %d version %x ttl %d delta %d old %v at %d -> %s", what, in.op.value, in.op.condition, in.op.version,
		in.op.ttl/millisecond, in.op.delta, in.op.old, in.at/millisecond, result)
}

// open is the return of an operation that may still take effect.
const open = math.MaxInt64
