package replica

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/anishathalye/porcupine"

	"pikv/placement"
)

// simKey is a key, and what is done with it.
type simKey struct {
	name    string
	counter bool // it is counted with
	mortal  bool // values may have a time to live
	// persisted: such a value may be made one without.
	persisted bool
}

// record puts an operation that has, or may have, taken effect, or that has
// seen something, into its key's history.
func (s *sim) record(who int, partition placement.PartitionID, key int, in *simInput, call int64, out *simResult) {
	if s.check.given[partition] {
		return
	}
	s.ticket++
	end := s.ticket
	if out.unknown {
		if in.op.kind == OpGet || in.op.act == actRead && in.op.kind != OpPut && in.op.kind != OpDelete && in.op.kind != OpIncr {
			return
		}
		end = open
		out.at = open
	} else {
		out.at = s.now
	}
	if key >= simPaired {
		in.slot, key = key-simPaired, simPaired
	}
	history := &s.check.history[partition][key]
	*history = append(*history, porcupine.Operation{ClientId: who, Input: in, Call: call, Output: out, Return: end})
}

// errUndecided fails a schedule, but shows no broken promise.
var errUndecided = errors.New("takes too long to check")

// checkHistory checks that each key was linearizable.
func (s *sim) checkHistory() {
	drift := int64(25) // clocks are up to 1 % fast, and deadlines travel as what remains
	if s.weather.wild {
		drift = 1000
	}
	for p := range placement.PartitionID(simPartitions) {
		for k, key := range s.keys[p][:simPaired+1] {
			model := simModel(drift, s.weather.evicts)
			if k == simPaired {
				model = simTwoModel(drift, s.weather.evicts)
			}
			history := possible(s.check.history[p][k])
			if s.weather.wild {
				history = numbered(history)
			}
			switch porcupine.CheckOperationsTimeout(model, history, 10*time.Minute) {
			case porcupine.Ok:
			case porcupine.Unknown:
				s.failed(fmt.Errorf("the history of %s, %d operations, %w: %s", key.name, len(history), errUndecided, s.countOpen()))
			default:
				s.fail("the history of %s, in partition %d, is not linearizable", key.name, p)
				if s.verbose != nil {
					for _, op := range history {
						s.verbose("%6d %6d client %d %s", op.Call, op.Return, op.ClientId, model.DescribeOperation(op.Input, op.Output))
					}
				}
				return
			}
		}
	}
}

// possible leaves out what no node ever numbered, so that it had no effect.
func possible(history []porcupine.Operation) []porcupine.Operation {
	return slices.DeleteFunc(slices.Clone(history), func(op porcupine.Operation) bool {
		call := op.Input.(*simInput).call
		return op.Return == open && call != nil && !call.numbered
	})
}

// numbered are the operations of a history that had a number: those do not
// rest on clocks.
func numbered(history []porcupine.Operation) []porcupine.Operation {
	return slices.DeleteFunc(slices.Clone(history), func(op porcupine.Operation) bool {
		in, out := op.Input.(*simInput), op.Output.(*simResult)
		switch {
		case in.reset || out.unknown:
			return false
		case in.op.kind == OpGet || out.status != OK:
			return true
		default:
			return (in.op.kind == OpDelete || in.op.kind == OpUpdate || in.op.kind == OpGroup) && !out.found
		}
	})
}

func (s *sim) countOpen() string {
	var out string
	for p := range simPartitions {
		for k := range simKeys {
			n := 0
			for _, op := range possible(s.check.history[p][k]) {
				if op.Return == open {
					n++
				}
			}
			out += strconv.Itoa(len(s.check.history[p][k])) + "/" + strconv.Itoa(n) + " "
		}
	}
	return out
}
