package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"pikv/autoscale"
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
	if r.Role != roleMaster {
		return []problem{{
			"The master does not answer.",
			"Reads and writes go on; moves and repairs wait, and so do keys of which a worker with a copy dies meanwhile.\n" +
				"  Start it again, with the --data-dir that it had.",
		}}
	}
	if r.Listening != "" {
		return []problem{{
			"The master does not know yet how the partitions are: " + r.Listening + ".",
			"Reads and writes go on; moves and repairs wait until all workers have told it what they hold. If this lasts, its log says for whom it waits.",
		}}
	}
	var list []problem
	workers := activeWorkers(r)
	few := r.Epoch > 0 && workers+len(joining(r)) < r.Replicas
	if few {
		list = append(list, problem{
			fmt.Sprintf("There are fewer workers than copies: %d, and --replicas %d.", workers, r.Replicas),
			"What has a live copy is served. " + upper(tooFewWorkers(workers, r.Replicas)) + ".",
		})
	}
	if mixed, found := mixedEviction(r.Members); found {
		list = append(list, mixed)
	}
	list = append(list, pressed(r.Members)...)
	var order []trouble
	where := make(map[trouble][]uint16)
	left := map[string]int{stateWaiting: r.Waiting, stateLost: r.Lost, stateDegraded: r.Degraded, stateFrozen: r.Frozen}
	if few {
		left[stateDegraded] = 0
	}
	for _, p := range r.Problems {
		if few && p.State == stateDegraded {
			continue // that is what was said above
		}
		t := trouble{p.State, p.Why, p.For}
		if where[t] == nil {
			order = append(order, t)
		}
		where[t] = append(where[t], p.Partition)
		left[p.State]--
	}
	for _, t := range order {
		list = append(list, t.describe(where[t], r.OnLoss))
	}
	for _, state := range []string{stateWaiting, stateLost, stateDegraded, stateFrozen} {
		if n := left[state]; n > 0 {
			list = append(list, unlisted(n, state))
		}
	}
	return list
}

// mixedEviction finds workers that evict beside others that do not.
func mixedEviction(members []wire.MemberStatus) (problem, bool) {
	var evict, keep []string
	for _, m := range members {
		switch {
		case m.Role != roleWorker || m.Eviction == "": // it has not reported
		case m.Eviction == evictionLRU:
			evict = append(evict, m.Name)
		default:
			keep = append(keep, m.Name)
		}
	}
	if len(evict) == 0 || len(keep) == 0 {
		return problem{}, false
	}
	return problem{
		fmt.Sprintf("Some workers evict keys when their memory is full (%s), others do not (%s).", strings.Join(evict, ", "), strings.Join(keep, ", ")),
		"Keys are lost or writes fail, as it happens. Restart workers one after the other with the --eviction that you want for all.",
	}, true
}

// pressed finds workers whose memory gets short. One that evicts is full on purpose.
func pressed(members []wire.MemberStatus) (list []problem) {
	spare := "start another worker"
	for _, m := range members {
		if m.State == stateSpare {
			spare = "say pikv activate " + m.Name
			break
		}
	}
	for _, m := range members {
		if m.Role != roleWorker || m.Eviction == evictionLRU || m.Capacity <= 0 || float64(m.Used) < autoscale.Pressure*float64(m.Capacity) {
			continue
		}
		list = append(list, problem{
			fmt.Sprintf("%s uses %.0f %% of its memory.", m.Name, 100*float64(m.Used)/float64(m.Capacity)),
			"When it is full, writes to its keys fail; reads go on. " + upper(spare) + ", delete keys, or give it a smaller share (pikv weight).",
		})
	}
	return list
}

// unlisted stands for the problems that the master left out of its list.
func unlisted(n int, state string) problem {
	if n == 1 {
		return problem{"1 more partition is " + state + ".", "It is not in the master's list, which is full."}
	}
	return problem{fmt.Sprintf("%d more partitions are %s.", n, state), "They are not in the master's list, which is full; most have the same cause."}
}

// The states of wire.PartitionProblem.
const (
	stateWaiting  = "waiting"
	stateLost     = "lost"
	stateDegraded = "degraded"
	stateFrozen   = "frozen"
)

// trouble is what is wrong with a partition: its state, why, and for whom it waits.
type trouble struct{ state, why, waitsFor string }

// describe says what is wrong with the partitions ids, and what to do; onLoss is
// what the master does by itself about lost ones.
func (t trouble) describe(ids []uint16, onLoss string) problem {
	verb := "are"
	if len(ids) == 1 {
		verb = "is"
	}
	p := problem{what: fmt.Sprintf("%s %s %s", upper(partitions(ids)), verb, t.state)}
	if t.waitsFor != "" {
		p.what += " (for " + t.waitsFor + ")"
	}
	if t.why != "" {
		p.what += ": " + t.why
	}
	p.what += "."
	whom := t.waitsFor
	if whom == "" {
		whom = "the workers that held them"
	}
	switch t.state {
	case stateWaiting:
		p.advice = fmt.Sprintf("If this lasts, look after %s: cable, power, a stopped process; a restarted worker comes back empty.\n"+
			"  When no copy will come back, give up what they held: pikv partition reset %s", whom, resetArguments(ids))
	case stateLost:
		p.advice = "What they held is gone. To let them begin anew, empty: pikv partition reset --all-lost"
		if onLoss == onLossReset {
			p.advice = "What they held is gone. They begin anew, empty, in a moment (--on-loss reset)."
		}
	case stateDegraded:
		p.advice = "They are served. Copies are made, a few partitions at a time; if this lasts, see above which worker is missing, or full."
	case stateFrozen:
		p.advice = fmt.Sprintf("They are served. A new master waits for %s to report; if that will not happen, restart the master with --recover.", whom)
	default:
		p.advice = "See the log of their workers."
	}
	return p
}

// resetArguments prints ids as arguments, unless they are too many to type.
func resetArguments(ids []uint16) string {
	const typed = 8
	if len(ids) > typed {
		return "--all-lost"
	}
	var words []string
	for _, id := range slices.Sorted(slices.Values(ids)) {
		words = append(words, strconv.Itoa(int(id)))
	}
	return strings.Join(words, " ")
}

// upper makes the first letter a capital one.
func upper(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
