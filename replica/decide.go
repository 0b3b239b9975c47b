package replica

import (
	"slices"
	"time"

	"pikv/store"
)

// Decider decides what becomes of the keys of an OpUpdate or OpGroup. It is an
// interface, not a function, so that a command can be its own Decider without
// garbage.
type Decider interface {
	// Decide is given what each key will be once every numbered entry is applied,
	// in the order of Op.Keys (of an OpUpdate: the one key), and notes what is to
	// become of it in then, where all are kept so far. It runs under the
	// partition's lock and must not call back.
	//
	// It may run several times, when the operation has to wait in between, and the
	// last time counts. So it must depend on its arguments and the request alone; it
	// may note results in memory of its own if it notes all of them each time. The
	// answer comes back as Done.Value, and a repetition of a named request is
	// given the recorded one without a run. The answer may be a value of was, which
	// must not be kept in another way.
	Decide(now store.Instant, was []State, then []Decision) (answer []byte)
	// Keep is called once, before Do returns, if Decide may run after that: what it
	// has borrowed must be its own from then on.
	Keep()
}

// State is what a key will be. A key whose time is over does not exist.
type State struct {
	Exists  bool
	Value   []byte // borrowed: valid until Decide returns
	Version Number
	TTL     time.Duration // what remains; 0 is for ever
}

// Verdict says what is to become of a key.
type Verdict uint8

// The verdicts. Touch and Delete keep a key that does not exist.
const (
	Keep   Verdict = iota // it stays as it is; if all do the answer waits until what was seen is committed
	Put                   // it gets Value
	Delete                // it goes
	Touch                 // it keeps its value, which is not sent again, and gets another time to live
	Copy                  // OpGroup: it gets the value that the key From had before, if that existed
)

// Decision is a verdict with what it needs.
type Decision struct {
	Verdict Verdict
	Value   []byte        // Put: the core's from then on
	Lent    bool          // Put: Value is not, but is valid until Decide runs again or Do returns
	TTL     time.Duration // Put, Touch, Copy: 0 is for ever; below 0 it is over, and the key goes
	KeepTTL bool          // Put, Copy: in place of TTL, what the key has, to the nanosecond; of a Copy: what From has
	From    int           // Copy: index in Op.Keys of one that is no Copy itself
}

// deciding is room for what an operation is decided by, used again.
type deciding struct {
	was   []latest
	state []State
	then  []Decision
	order []int
	parts []byte
}

// keptKeys is for how many keys, and keptParts for how many bytes, room is kept.
const (
	keptKeys  = 64
	keptParts = 16 << 10
)

func (d *deciding) reset() {
	if len(d.was) == 0 {
		return
	}
	if cap(d.was) > keptKeys || cap(d.parts) > keptParts {
		*d = deciding{}
		return
	}
	clear(d.was)
	clear(d.state)
	clear(d.then)
	d.was, d.state, d.then, d.order, d.parts = d.was[:0], d.state[:0], d.then[:0], d.order[:0], d.parts[:0]
}

// ask has the operation decide upon the keys of d.was.
func (d *deciding) ask(now store.Instant, op *Op) (answer []byte) {
	d.state = d.state[:0]
	for i := range d.was {
		was := &d.was[i]
		d.state = append(d.state, State{Exists: was.exists, Value: was.value, Version: was.version, TTL: was.remaining(now)})
	}
	d.then = slices.Grow(d.then[:0], len(d.was))[:len(d.was)]
	clear(d.then)
	answer = op.Decide.Decide(now, d.state, d.then)
	for i := range d.then {
		d.then[i].settle(d.was[i].exists)
	}
	return answer
}

// settle makes the verdict what it amounts to.
func (d *Decision) settle(exists bool) {
	switch d.Verdict {
	case Put, Touch, Copy:
		if d.TTL < 0 && !d.KeepTTL {
			d.Verdict = Delete
		}
	}
	if !exists && (d.Verdict == Touch || d.Verdict == Delete) {
		d.Verdict = Keep
	}
}

// plan is what was decided, and is uploaded before it is numbered.
type plan struct {
	basis  []Number // the versions that it rests on
	then   Decision // OpUpdate
	parts  []byte   // OpGroup
	writes writes   // OpGroup
	answer []byte
}

// holds reports whether the keys still are what the plan rests on.
func (p *plan) holds(was []latest) bool {
	if p == nil {
		return false
	}
	for i := range was {
		if was[i].version != p.basis[i] {
			return false
		}
	}
	return true
}

func versions(was []latest) []Number {
	all := make([]Number, len(was))
	for i := range was {
		all[i] = was[i].version
	}
	return all
}
