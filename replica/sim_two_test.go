package replica

import "github.com/anishathalye/porcupine"

// simTwo is the state of two keys that groups change together, and others one at
// a time. They are checked as one object: that a group takes effect at one
// moment for both is what is to be seen.
type simTwo [simKeys - simPaired]simKeyState

// simTwoModel is simModel for a pair.
func simTwoModel(drift int64, evicts bool) porcupine.Model {
	step := func(pair simTwo, in *simInput, out *simResult) []any {
		switch {
		case in.reset:
			return []any{simTwo{pair[0].gone(), pair[1].gone()}}
		case in.op.kind == OpGroup:
			if ok, next := pair.group(in, out, drift, evicts); ok {
				return []any{next}
			}
			return nil
		}
		var all []any
		for _, st := range simSteps(pair[in.slot], in, out, drift, evicts) {
			next := pair
			next[in.slot] = st
			all = append(all, next)
		}
		return all
	}
	describeOperation := func(input, output any) string { return describe(input.(*simInput), output.(*simResult)) }
	if evicts {
		return (&porcupine.NondeterministicModel{
			Init:              func() []any { return []any{simTwo{}} },
			Step:              func(state, in, out any) []any { return step(state.(simTwo), in.(*simInput), out.(*simResult)) },
			DescribeOperation: describeOperation,
		}).ToModel()
	}
	return porcupine.Model{
		Init: func() any { return simTwo{} },
		Step: func(state, in, out any) (bool, any) {
			all := step(state.(simTwo), in.(*simInput), out.(*simResult))
			if len(all) == 0 {
				return false, state
			}
			return true, all[0]
		},
		DescribeOperation: describeOperation,
	}
}

// observe is the state once it is known what an operation saw of it. gone: its
// time may be over.
func (st simKeyState) observe(seen simSeen, gone bool) (bool, simKeyState) {
	if !seen.found {
		return gone, st.gone()
	}
	return st.value != 0 && st.value == seen.value && st.has(seen.version), st.with(seen.version)
}

// fate is the state after what was decided; source is that of the key a value is
// copied from. version 0 is not known.
func (st simKeyState) fate(f simFate, source simKeyState, in *simInput, version Number, drift int64) simKeyState {
	switch f.verdict {
	case Put:
		next := st.put(in, f.value, version, drift)
		next.expires = 0
		if in.op.act == actReplace {
			next.expires = st.expires
		}
		return next
	case Delete:
		return st.gone()
	case Touch:
		return st.put(in, st.value, version, drift)
	case Copy:
		next := st.put(in, source.value, version, drift)
		next.expires = source.expires
		return next
	default:
		return st
	}
}

// update is an OpUpdate.
func (st simKeyState) update(in *simInput, out *simResult, gone bool, drift int64) (bool, simKeyState) {
	seen := out.seen[:1]
	ok, st := st.observe(seen[0], gone)
	f := in.op.decided(seen)[0]
	changed := f.verdict != Keep
	ok = ok && out.found == changed && (!changed || out.version > max(st.floor, st.version))
	return ok, st.fate(f, st, in, out.version, drift)
}

// unknownUpdate is an OpUpdate of which nobody knows whether it took effect.
func (st simKeyState) unknownUpdate(in *simInput, drift int64) simKeyState {
	seen := []simSeen{{found: st.value != 0}}
	return st.fate(in.op.decided(seen)[0], st, in, 0, drift)
}

// group is an OpGroup: all it saw, it saw at one moment, and all it does.
func (pair simTwo) group(in *simInput, out *simResult, drift int64, evicts bool) (bool, simTwo) {
	seen, ok := out.seen, true
	for i, st := range pair {
		gone := st.value == 0 || st.expires != 0 && out.at >= st.expires || evicts
		if out.unknown {
			// It takes effect if it can.
			seen[i].found = st.value != 0 && (!gone || in.op.act == actTake || i == in.op.from && in.op.act != actSetNew)
			continue
		}
		seenHere, next := st.observe(seen[i], gone)
		ok, pair[i] = ok && seenHere, next
	}
	fates := in.op.decided(seen[:])
	next, changed := pair, false
	for i, f := range fates {
		if f.verdict == Keep {
			continue
		}
		changed = true
		ok = ok && (out.unknown || out.version > max(pair[i].floor, pair[i].version))
		next[i] = pair[i].fate(f, pair[f.from], in, out.version, drift)
	}
	return ok && (out.unknown || out.found == changed), next
}
