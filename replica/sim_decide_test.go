package replica

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"time"

	"pikv/store"
)

// simPaired is the first of the two keys of a partition that groups are about.
const simPaired = 4

// persistedKey is the key of a partition whose values may lose their time to live.
const persistedKey = 3

// simAct is what an OpUpdate or OpGroup is to do.
type simAct int

const (
	actRead    simAct = iota // nothing; also both of a group
	actReplace               // puts a value in place of one that is there, with its time
	actTouch                 // sets or removes the time to live
	actTake                  // deletes; a group: both
	actSet                   // a group: puts both
	actSetNew                // a group: puts both if neither is there
	actRename                // a group: moves the value of one to the other
	actCopy                  // a group: copies it, if the other is not there
)

// simSeen is what a key was when it was decided upon.
type simSeen struct {
	found   bool
	value   uint64
	version Number
}

// simFate is what becomes of a key.
type simFate struct {
	verdict Verdict
	value   uint64
	from    int
}

// decided is what the operation makes of what it finds: all that the model and
// the Decider have to know. from is the index of the key whose value moves.
func (op *simOp) decided(seen []simSeen) (fates [2]simFate) {
	from, to := op.from, 1-op.from
	switch there := seen[0].found; op.act {
	case actReplace:
		if there {
			fates[0] = simFate{verdict: Put, value: op.value}
		}
	case actTouch:
		if there {
			fates[0].verdict = Touch
		}
	case actTake:
		for i := range seen {
			if seen[i].found {
				fates[i].verdict = Delete
			}
		}
	case actSetNew:
		if there || seen[1].found {
			return fates
		}
		fallthrough
	case actSet:
		fates = [2]simFate{{verdict: Put, value: op.value}, {verdict: Put, value: op.second}}
	case actRename:
		if seen[from].found {
			fates[to], fates[from] = simFate{verdict: Copy, from: from}, simFate{verdict: Delete}
		}
	case actCopy:
		if seen[from].found && !seen[to].found {
			fates[to] = simFate{verdict: Copy, from: from}
		}
	}
	return fates
}

// simDecider is an attempt's Decider. It has borrowed its values, which are spoilt
// when the core has given back control, unless it was told to keep them.
type simDecider struct {
	s        *sim
	op       simOp
	values   [2][]byte
	lent     bool
	borrowed bool
	calls    int
	wrap     func(was []State) // a planted bug's
}

func (d *simDecider) Decide(_ store.Instant, was []State, then []Decision) []byte {
	if d.wrap != nil {
		d.wrap(was)
	}
	d.calls++
	if d.calls > 1 {
		d.s.cover.hit(coverDecidedAgain)
	}
	seen := make([]simSeen, len(was))
	var answer []byte
	for i := range was {
		seen[i].found = was[i].Exists
		if was[i].Exists {
			seen[i].value, seen[i].version = tokenOf(was[i].Value), was[i].Version
		}
		answer = appendBool(answer, seen[i].found)
		answer = binary.BigEndian.AppendUint64(answer, seen[i].value)
		answer = binary.BigEndian.AppendUint64(answer, uint64(seen[i].version))
	}
	fates := d.op.decided(seen)
	for i := range then {
		f := &fates[i]
		then[i] = Decision{Verdict: f.verdict, From: f.from, KeepTTL: f.verdict == Copy || d.op.act == actReplace}
		switch f.verdict {
		case Put:
			then[i].Lent = d.lent
			if then[i].Value = d.values[i]; !d.lent {
				then[i].Value = bytes.Clone(d.values[i])
			}
		case Touch:
			then[i].TTL = time.Duration(d.op.ttl)
			d.s.check.moved[seen[i].value] = true
		case Copy:
			d.s.check.moved[seen[f.from].value] = true
		}
	}
	return answer
}

func (d *simDecider) Keep() {
	for i := range d.values {
		d.values[i] = bytes.Clone(d.values[i])
	}
	d.borrowed = false
}

// returned spoils what is borrowed still.
func (d *simDecider) returned() {
	if d.borrowed {
		spoil(d.values[0])
		spoil(d.values[1])
	}
}

// simSeenIn reads what a Decider answered.
func simSeenIn(answer []byte) (seen [2]simSeen) {
	for i := range seen {
		if len(answer) < 17 {
			break
		}
		seen[i] = simSeen{answer[0] == 1, binary.BigEndian.Uint64(answer[1:]), Number(binary.BigEndian.Uint64(answer[9:]))}
		answer = answer[17:]
	}
	return seen
}

// valueOf is a token as a stored value, of size bytes more.
func valueOf(token uint64, size int64) []byte {
	if token&counterBit != 0 {
		return strconv.AppendInt(nil, int64(token&^counterBit)-counterZero, 10)
	}
	return append(binary.BigEndian.AppendUint64(nil, token), make([]byte, size)...)
}

// drawUpdate chooses an OpUpdate on a key.
func (cl *simClient) drawUpdate(key *simKey) (op simOp) {
	s := cl.s
	op.kind = OpUpdate
	switch draw := s.rng.IntN(10); {
	case draw < 3:
		op.act = actRead
	case draw < 4:
		op.act = actTake
	case draw < 7 && key.mortal:
		op.act = actTouch
		if !key.persisted || s.chance(0.5) {
			op.ttl = s.between(5, 600) * millisecond
		}
	default:
		op.act = actReplace
		if op.value = cl.token(); key.counter && s.chance(0.9) {
			op.value = counterToken(s.between(1, 1000))
		}
	}
	return op
}

// drawGroup chooses an OpGroup.
func (cl *simClient) drawGroup() simOp {
	s := cl.s
	op := simOp{kind: OpGroup, from: s.rng.IntN(2)}
	switch draw := s.rng.IntN(10); {
	case draw < 3:
		op.act = actRead
	case draw < 5:
		op.act = actSet
	default:
		op.act = []simAct{actSetNew, actTake, actRename, actRename, actCopy}[draw-5]
	}
	if op.act == actSet || op.act == actSetNew {
		op.value, op.second = cl.token(), cl.token()
	}
	return op
}

// token is a value that no other write has.
func (cl *simClient) token() uint64 {
	cl.values++
	return uint64(cl.index+1)<<32 | cl.values
}

// inOrder checks that what a node has numbered of one key came in that order.
func (ck *simChecker) inOrder(n *simNode, a *simAttempt) {
	keys := []int{a.call.key}
	if a.call.op.kind == OpGroup {
		keys = []int{simPaired, simPaired + 1}
	}
	for _, k := range keys {
		last := &n.numbered[a.call.partition][k]
		if a.arrival < *last {
			ck.s.fail("%s numbers an operation on a key of partition %d before one that came earlier", n.host.name, a.call.partition)
		}
		*last = max(*last, a.arrival)
	}
}

// plantInDecider alters what a Decider is given.
func (s *sim) plantInDecider(n *simNode, a *simAttempt, op *Op) {
	d, ok := op.Decide.(*simDecider)
	if !ok || s.planted != plantCommittedUpdate {
		return
	}
	engine, keys := n.engines[a.call.partition], slices.Clone(op.Keys)
	if op.Kind == OpUpdate {
		keys = [][]byte{bytes.Clone(op.Key)}
	}
	for i := range keys {
		keys[i] = bytes.Clone(keys[i])
	}
	d.wrap = func(was []State) {
		for i := range was {
			it, found := engine.Get(keys[i])
			was[i] = State{Exists: found, Value: it.Value, Version: Number(it.Version), TTL: was[i].TTL}
		}
	}
}
