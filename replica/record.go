package replica

import (
	"bytes"
	"container/list"
	"slices"
	"time"

	"pikv/store"
)

// Record is the outcome of one write, with what is known of its client. A
// snapshot has one for each write that is remembered, and one without a Seq
// for a client of which no write is.
type Record struct {
	Client    uint64
	Finished  uint64 // the client waits for no write below it
	Forgotten uint64 // records of writes up to here may have been dropped
	Seq       uint64
	Outcome   Outcome
}

func (r *Record) size() int { return len(r.Outcome.Value) + entryOverhead }

// sessions holds the outcomes of recent writes by the clients' names for them,
// so that a write which is sent again takes effect once. Every replica has the
// same: only committed entries and snapshots change them. Rule 11 of
// docs/PROTOCOL.md.
type sessions struct {
	byClient map[uint64]*session
	recent   *session   // the one looked for last: writes of one client come together
	order    *list.List // of *session, the one that was idle for longest first; nil while no client was remembered
	bytes    int64      // accounted
}

// session is what is remembered of one client.
type session struct {
	client    uint64
	finished  uint64
	forgotten uint64
	records   []outcome // by seq
	used      store.Instant
	place     *list.Element
	first     [1]outcome // the first room for records, near what is looked at before: most have no more at a time
}

type outcome struct {
	seq uint64
	Outcome
}

// What sessions cost in memory, in bytes, beside outcomes' values.
const (
	sessionCost = 240 // the session, its places in map and list, the first room for records
	outcomeCost = 56
)

// of returns what is remembered of a client, nil for nothing.
func (s *sessions) of(client uint64) *session {
	if s.recent == nil || s.recent.client != client {
		s.recent = s.byClient[client]
	}
	return s.recent
}

// cost is how much more memory the record of a request may take.
func (s *sessions) cost(id RequestID, done *Done) int64 {
	if !id.named() {
		return 0
	}
	cost := outcomeCost + int64(len(done.Value))
	if s.of(id.Client) == nil {
		cost += sessionCost
	}
	return cost
}

// find returns what is known of a request before it is run: its recorded
// outcome, or that it must not be run any more.
func (s *sessions) find(id RequestID, most int) (known Outcome, found bool) {
	session := s.of(id.Client)
	if session == nil {
		return Outcome{Status: Crowded}, len(s.byClient) >= most
	}
	if id.Seq < session.finished {
		return Outcome{Status: Finished}, true
	}
	if i, ok := session.search(id.Seq); ok {
		return session.records[i].Outcome, true
	}
	return Outcome{Status: Forgotten}, id.Seq <= session.forgotten
}

func (s *session) search(seq uint64) (int, bool) {
	if last := len(s.records) - 1; last < 0 || s.records[last].seq < seq {
		return last + 1, false // as most are
	}
	return slices.BinarySearchFunc(s.records, seq, func(o outcome, seq uint64) int {
		switch {
		case o.seq < seq:
			return -1
		case o.seq > seq:
			return 1
		default:
			return 0
		}
	})
}

func (s *session) insert(i int, o outcome) {
	s.records = slices.Insert(s.records, i, o)
	if len(s.records) > 1 {
		s.first[0] = outcome{} // they have moved away, and nobody would drop its value
	}
}

// record remembers the outcome of a committed write; at most most of one
// client, the latest. memory accounts for it.
func (s *sessions) record(memory *store.Memory, now store.Instant, id EntryID, o Outcome, most int) {
	before := s.bytes
	session := s.session(id.Client)
	session.used = now
	if s.order.Back() != session.place {
		s.order.MoveToBack(session.place)
	}
	s.finish(session, id.Finished)
	if i, known := session.search(id.Seq); !known && id.Seq >= session.finished && id.Seq > session.forgotten {
		session.insert(i, outcome{id.Seq, o})
		s.bytes += outcomeCost + int64(len(o.Value))
	}
	for len(session.records) > most {
		session.forgotten = max(session.forgotten, session.records[0].seq)
		s.drop(session, 1)
	}
	memory.Force(s.bytes - before)
}

// session returns a client's session, a new one if need be.
func (s *sessions) session(client uint64) *session {
	if known := s.of(client); known != nil {
		return known
	}
	if s.byClient == nil {
		s.byClient, s.order = make(map[uint64]*session), list.New()
	}
	created := &session{client: client}
	created.records = created.first[:0]
	created.place = s.order.PushBack(created)
	s.byClient[client] = created
	s.bytes += sessionCost
	return created
}

// finish drops the records that the client needs no more.
func (s *sessions) finish(session *session, finished uint64) {
	if finished <= session.finished {
		return
	}
	session.finished = finished
	n, _ := session.search(finished)
	s.drop(session, n)
}

// drop removes the first n records.
func (s *sessions) drop(session *session, n int) {
	for i := range session.records[:n] {
		s.bytes -= outcomeCost + int64(len(session.records[i].Value))
	}
	session.records = slices.Delete(session.records, 0, n)
}

// idle returns the clients that were idle for so long, the idlest first, at most
// limit.
func (s *sessions) idle(now store.Instant, idle time.Duration, limit int) (clients []uint64) {
	if s.order == nil {
		return nil
	}
	for e := s.order.Front(); e != nil && len(clients) < limit; e = e.Next() {
		session := e.Value.(*session)
		if now-session.used < store.Instant(idle) {
			break
		}
		clients = append(clients, session.client)
	}
	return clients
}

// forget drops all that is remembered of a client.
func (s *sessions) forget(memory *store.Memory, client uint64) {
	session := s.of(client)
	if session == nil {
		return
	}
	before := s.bytes
	s.drop(session, len(session.records))
	s.order.Remove(session.place)
	delete(s.byClient, client)
	s.recent = nil
	s.bytes -= sessionCost
	memory.Force(s.bytes - before)
}

// clear drops everything.
func (s *sessions) clear(memory *store.Memory) {
	memory.Release(s.bytes)
	*s = sessions{}
}

// snapshot returns all that is remembered, the idlest client first.
func (s *sessions) snapshot() []Record {
	if s.order == nil {
		return nil
	}
	var all []Record
	for e := s.order.Front(); e != nil; e = e.Next() {
		session := e.Value.(*session)
		head := Record{Client: session.client, Finished: session.finished, Forgotten: session.forgotten}
		if len(session.records) == 0 {
			all = append(all, head)
		}
		for _, o := range session.records {
			r := head
			r.Seq, r.Outcome = o.seq, o.Outcome
			all = append(all, r)
		}
	}
	return all
}

// take adds a record of a snapshot, which comes in the snapshot's order.
func (s *sessions) take(memory *store.Memory, now store.Instant, r *Record) {
	before := s.bytes
	session := s.session(r.Client)
	session.used, session.finished, session.forgotten = now, r.Finished, r.Forgotten
	if i, known := session.search(r.Seq); r.Seq != 0 && !known {
		o := r.Outcome
		o.Value = bytes.Clone(o.Value)
		session.insert(i, outcome{r.Seq, o})
		s.bytes += outcomeCost + int64(len(o.Value))
	}
	memory.Force(s.bytes - before)
}
