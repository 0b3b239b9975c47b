package replica

import (
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"

	"pikv/placement"
)

// simInput and simResult are an operation in a key's history.
type simInput struct {
	kind  OpKind
	value uint64
	at    int64
	ttl   int64
}

type simResult struct {
	unknown bool // it may take effect at any later time, or never
	found   bool
	value   uint64
	at      int64
}

func duration(ns int64) time.Duration { return time.Duration(ns) }

// finish closes an attempt that has, or may have, taken effect.
func (cl *simClient) finish(call *simCall, result simResult) {
	s := cl.s
	call.closed = true
	s.ticket++
	result.at = s.now
	end := s.ticket
	if result.unknown {
		end = math.MaxInt64
	}
	if !result.unknown || call.kind != OpGet {
		s.check.history[call.key] = append(s.check.history[call.key], porcupine.Operation{
			ClientId: cl.id,
			Input:    simInput{kind: call.kind, value: call.value, at: call.at, ttl: call.ttl},
			Call:     call.ticket, Output: result, Return: end,
		})
	}
	cl.rest()
}

// simRegisterState is what a key holds; value 0 is absent.
type simKeyState struct {
	value   uint64
	expires int64 // from then on it may be absent, once and for all; 0: never
}

// simModel is one key: a register whose value may expire, which shows when
// somebody finds it absent.
var simModel = porcupine.Model{
	Init: func() any { return simKeyState{} },
	Step: func(state, input, output any) (bool, any) {
		st, in, out := state.(simKeyState), input.(simInput), output.(simResult)
		mayBeGone := st.value == 0 || st.expires != 0 && out.at >= st.expires
		switch {
		case in.kind == OpPut:
			next := simKeyState{value: in.value}
			if in.ttl > 0 {
				next.expires = in.at + in.ttl - in.ttl/50 // clocks are up to 1 % fast
			}
			return true, next
		case in.kind == OpDelete && out.unknown:
			return true, simKeyState{}
		case in.kind == OpDelete && out.found:
			return st.value != 0, simKeyState{}
		case in.kind == OpGet && out.found:
			return st.value == out.value, st
		default: // not there
			return mayBeGone, simKeyState{}
		}
	},
	DescribeOperation: func(input, output any) string {
		in, out := input.(simInput), output.(simResult)
		return fmt.Sprintf("%s %x ttl %d -> unknown %v found %v %x", [...]string{"", "get", "put", "delete"}[in.kind],
			in.value, in.ttl/millisecond, out.unknown, out.found, out.value)
	},
}

// checkHistory checks that each key was linearizable.
func (s *sim) checkHistory() {
	for p := range placement.PartitionID(simPartitions) {
		for _, key := range s.keys[p] {
			history := s.check.history[key]
			switch porcupine.CheckOperationsTimeout(simModel, history, 30*time.Second) {
			case porcupine.Ok:
			case porcupine.Unknown:
				s.fail("the history of %s, %d operations, takes too long to check", key, len(history))
			default:
				s.fail("the history of %s is not linearizable", key)
				if s.verbose != nil {
					for _, op := range history {
						s.verbose("%6d %6d client %d %s", op.Call, op.Return, op.ClientId, simModel.DescribeOperation(op.Input, op.Output))
					}
				}
				return
			}
		}
	}
}
