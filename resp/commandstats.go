package resp

import (
	"fmt"
	"sync/atomic"
)

// INFO commandstats tells how often each command was given. A loop counts without atomics,
// and adds what it has counted to the totals after each wait, for the few commands that
// there were: so that it costs the commands nothing that shows. Nobody reads a clock before
// and after each command, so how long they take is not known.

// callCounts is how often each command came, by Command.place, since a loop last added it
// to the totals. Its loop's.
type callCounts struct {
	n     []int32
	given []int // the places that are not 0
}

func (k *callCounts) add(place int) {
	if k.n[place]++; k.n[place] == 1 {
		k.given = append(k.given, place)
	}
}

// flush begins anew.
func (k *callCounts) flush(stats []commandStats) {
	for _, place := range k.given {
		stats[place].given.Add(int64(k.n[place]))
		k.n[place] = 0
	}
	k.given = k.given[:0]
}

// commandStats is what is known of a command since the start. Safe for concurrent use.
type commandStats struct {
	given, rejected, failed atomic.Int64
}

// erred counts an error that a call of the command was answered with: rejected if it did
// not run. A redirect is no failure of the command, either.
func (s *Server) erred(call *Call) {
	s.failures.add(call.seen.failure)
	switch stats := &s.commands[call.Command.place]; {
	case call.rejected || call.seen.failure == moved:
		stats.rejected.Add(1)
	default:
		stats.failed.Add(1)
	}
}

func infoCommandStats(s *Server, _ *Figures, say func(string, any)) {
	for place, cmd := range s.table.all[1:] {
		stats := &s.commands[place+1]
		given, rejected, failed := stats.given.Load(), stats.rejected.Load(), stats.failed.Load()
		if given == 0 {
			continue
		}
		calls := max(given-rejected, 0) // one of the present turn may be rejected already, and not be given yet
		say("cmdstat_"+cmd.Name, fmt.Sprintf("calls=%d,usec=0,usec_per_call=0.00,rejected_calls=%d,failed_calls=%d", calls, rejected, failed))
	}
}
