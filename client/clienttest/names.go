package clienttest

import (
	"maps"

	"pikv/wire"
)

// name is what a client calls one write; without a client it has none.
type name struct {
	client, seq, finished, attempt uint64
}

// nameOf returns the name of the i-th write of a request.
func nameOf(o *wire.Options, i int) name {
	n := name{client: o.Client, seq: o.Seq, finished: o.Finished, attempt: o.Attempt}
	if len(o.Seqs) > 0 {
		n.seq = o.Seqs[i]
	}
	return n
}

// session remembers the outcomes of one client's writes.
type session struct {
	finished  uint64 // the client waits for no write below it
	forgotten uint64 // records up to here were lost
	outcomes  map[uint64]result
}

// onceLocked runs a write unless its name tells that it has been run: then it gets
// the first outcome. Refusals of a first attempt are not remembered, for they
// had no effect. c.mu is held.
func (c *Cluster) onceLocked(n name, run func() result) result {
	if n.client == 0 || n.seq == 0 {
		return run()
	}
	s := c.mu.sessions[n.client]
	if s == nil {
		s = &session{outcomes: make(map[uint64]result)}
		c.mu.sessions[n.client] = s
	}
	if known, ok := s.outcomes[n.seq]; ok {
		return known
	}
	switch {
	case n.seq < s.finished:
		return result{err: wire.Errorf(wire.CodeStale, "the client is finished with this write")}
	case n.seq <= s.forgotten:
		return result{err: wire.Errorf(wire.CodeForgotten, "the record of this write is lost")}
	}
	r := run()
	if r.err == nil || n.attempt > 1 {
		s.outcomes[n.seq] = r
	}
	if n.finished > s.finished {
		s.finished = n.finished
		maps.DeleteFunc(s.outcomes, func(seq uint64, _ result) bool { return seq < s.finished })
	}
	return r
}

// Forget loses the records of all writes so far: repeated, they get "unknown
// fate".
func (c *Cluster) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.mu.sessions {
		for seq := range s.outcomes {
			s.forgotten = max(s.forgotten, seq)
		}
		clear(s.outcomes)
	}
}

// Records returns how many outcomes are remembered.
func (c *Cluster) Records() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, s := range c.mu.sessions {
		n += len(s.outcomes)
	}
	return n
}

// Writes returns how many writes took effect so far.
func (c *Cluster) Writes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.writes
}
