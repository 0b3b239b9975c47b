package main

import (
	"fmt"
	"io"
	"slices"

	"pikv/wire"
)

// problem is something that is not as it should be, and what to do about it.
type problem struct{ what, advice string }

// print prints the problem as a paragraph.
func (p problem) print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "\n! %s\n  %s\n", p.what, p.advice)
	return err
}

// problemsOf puts together what a status tells: partitions with one trouble are
// one problem.
func problemsOf(r wire.StatusReply) []problem {
	var list []problem
	if r.Role != roleMaster {
		return append(list, problem{
			"The master does not answer.",
			"Reads and writes go on; moves and repairs wait. Start it again, with the --data-dir that it had.",
		})
	}
	workers := activeWorkers(r)
	if r.Epoch > 0 && workers < r.Replicas {
		list = append(list, problem{
			fmt.Sprintf("There are fewer workers than copies: %d, and --replicas %d.", workers, r.Replicas),
			"The partitions are served. " + upper(tooFewWorkers(workers, r.Replicas)) + ".",
		})
	}
	type trouble struct{ state, why, waitsFor string }
	var order []trouble
	where := make(map[trouble][]uint16)
	for _, p := range r.Problems {
		if p.State == stateDegraded && workers < r.Replicas && p.For == "" {
			continue // that is what was said above
		}
		t := trouble{p.State, p.Why, p.For}
		if where[t] == nil {
			order = append(order, t)
		}
		where[t] = append(where[t], p.Partition)
	}
	for _, t := range order {
		list = append(list, describe(t.state, t.why, t.waitsFor, where[t]))
	}
	shown := len(r.Problems)
	if all := r.Waiting + r.Lost + r.Degraded + r.Frozen; shown > 0 && all > shown {
		list = append(list, problem{
			fmt.Sprintf("Only %d of %d such partitions are listed.", shown, all),
			"Most have the same cause; ask again when these are well.",
		})
	}
	return list
}

// The states of wire.PartitionProblem.
const (
	stateWaiting  = "waiting"
	stateLost     = "lost"
	stateDegraded = "degraded"
	stateFrozen   = "frozen"
)

// describe says what is wrong with the partitions ids, and what to do.
func describe(state, why, waitsFor string, ids []uint16) problem {
	verb := "are"
	if len(ids) == 1 {
		verb = "is"
	}
	p := problem{what: fmt.Sprintf("%s %s %s", upper(partitions(ids)), verb, state)}
	if waitsFor != "" {
		p.what += " (for " + waitsFor + ")"
	}
	if why != "" {
		p.what += ": " + why
	}
	p.what += "."
	if waitsFor == "" {
		waitsFor = "the workers that held them"
	}
	switch state {
	case stateWaiting:
		p.advice = fmt.Sprintf("If this lasts, look after %s: cable, power, a stopped process; a restarted worker comes back empty.\n"+
			"  When no copy will come back: pikv partition reset %s", waitsFor, resetArguments(ids))
	case stateLost:
		p.advice = "What they held is gone. To let them begin anew, empty: pikv partition reset --all-lost"
	case stateDegraded:
		p.advice = "They are served. Copies are made as soon as a worker has room for them: see MEMORY above."
	case stateFrozen:
		p.advice = fmt.Sprintf("They are served. A new master waits for %s to report; if that will not happen, restart the master with --recover.", waitsFor)
	default:
		p.advice = "See the log of their workers."
	}
	return p
}

// resetArguments prints ids as arguments, unless they are too many to type.
func resetArguments(ids []uint16) string {
	const typed = 8
	if len(ids) > typed {
		return "ID..."
	}
	text := ""
	for i, id := range slices.Sorted(slices.Values(ids)) {
		if i > 0 {
			text += " "
		}
		text += fmt.Sprint(id)
	}
	return text
}

// upper makes the first letter a capital one.
func upper(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
