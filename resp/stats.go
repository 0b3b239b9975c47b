package resp

// Stats is what a server has seen since it was made. What is of the present turns
// is not in it yet.
type Stats struct {
	Commands  int64 // run, those that failed included
	Keyed     int64 // of them, those that name keys
	Failed    int64 // answered with an error
	Hits      int64 // keys that were there when a command wanted to read them
	Misses    int64 // and that were not
	Panics    int64
	In, Out   int64 // bytes
	Conns     int64 // open now
	Accepted  int64
	Refused   int64 // over Config.MaxConns
	SlowClose int64 // closed because the peer did not read
}

// Stats returns the numbers as they are now. Safe for concurrent use.
func (s *Server) Stats() Stats {
	events := s.events.Stats()
	st := Stats{
		Failed: s.failures.count(), Hits: s.hits.Load(), Misses: s.misses.Load(),
		Panics: s.panics.Load(), Out: s.sent.Load(),
		Conns: int64(events.Open), Accepted: int64(events.Accepted), Refused: int64(events.Refused), SlowClose: int64(events.Slow),
	}
	for _, l := range s.loops {
		st.Commands += l.total.commands.Load()
		st.Keyed += l.total.keyed.Load()
		st.In += l.total.in.Load()
		st.Out += l.total.out.Load()
		st.Hits += l.total.hits.Load()
		st.Misses += l.total.misses.Load()
	}
	return st
}
