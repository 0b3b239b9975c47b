package resp

import "sync/atomic"

// keepArgs is for how many arguments a loop keeps room.
const keepArgs = 1 << 10

// loop is what the connections of one loop share: they have their turns one after
// another.
type loop struct {
	server *Server
	args   [][]byte // room for a command's
	ahead  [aheadMost][]byte
	call   *Call // for the next command; nil: none is at hand
	now    int64 // of the turn

	// Of the calls of handlers that follow from one wait:
	commands, keyed, in, out, hits, misses int64

	calls callCounts

	// Since the start:
	total struct{ commands, keyed, in, out, hits, misses atomic.Int64 }
}

// ready returns the call for c's next command.
func (l *loop) ready(c *conn) *Call {
	if l.call == nil {
		l.call = l.server.calls.Get().(*Call)
	}
	l.call.conn = c
	return l.call
}

// keep takes back room for arguments that are not needed any more.
func (l *loop) keep(args [][]byte) {
	clear(args)
	if cap(args) <= keepArgs {
		l.args = args[:0]
	}
}

// begin and end enclose the calls of handlers that follow from one wait.
func (s *Server) begin(int) { s.cfg.Bursts.Begin() }

func (s *Server) end(i int) {
	s.cfg.Bursts.End()
	l := s.loops[i]
	l.total.commands.Add(l.commands)
	l.total.keyed.Add(l.keyed)
	l.total.in.Add(l.in)
	l.total.out.Add(l.out)
	l.total.hits.Add(l.hits)
	l.total.misses.Add(l.misses)
	l.calls.flush(s.commands)
	l.commands, l.keyed, l.in, l.out, l.hits, l.misses = 0, 0, 0, 0, 0, 0
}
