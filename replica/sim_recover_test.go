package replica

import (
	"errors"
	"slices"

	"pikv/placement"
	"pikv/register"
	"pikv/store"
)

// simReply is a master's answer to a report.
type simReply struct {
	id       placement.MasterID
	epoch    placement.Epoch
	forswear bool
}

// report tells the master how this node is, as the real worker does.
func (n *simNode) report() {
	s := n.s
	m := s.masterOf(n)
	if m == nil || s.chance(0.02) {
		return
	}
	f := &n.following
	rep := register.Report{Name: n.host.name, Incarnation: n.inc, Follows: f.followed}
	if v := f.view; v != nil {
		rep.Epoch = v.Epoch
		if v.MasterID != f.followed {
			rep.Claim = v
		}
	}
	s.after(s.between(1, 15)*millisecond, func() {
		if !m.alive || m.isolated > s.now {
			return
		}
		reply, ok := m.onReport(rep)
		if ok && !s.chance(0.02) {
			n.after(s.between(1, 15)*millisecond, func() { n.onReply(rep, reply) })
		}
	})
}

// onReply takes the master's answer.
func (n *simNode) onReply(rep register.Report, reply simReply) {
	f := &n.following
	switch {
	case reply.forswear && reply.id != rep.Follows:
		if f.view != nil && reply.id.Generation() <= f.followed.Generation() && n.s.planted != plantGoBack {
			return
		}
		if f.followed != reply.id {
			n.s.note("forswear", uint64(n.host.index), uint64(f.followed), uint64(reply.id))
			n.s.cover.hit(coverForsworn)
		}
		f.followed, f.claimed = reply.id, false
		n.report()
	case rep.Follows == 0:
		if f.followed == 0 {
			f.followed = reply.id
		}
		n.report()
	case rep.Claim != nil && reply.epoch > 0:
		f.claimed = f.claimed || reply.id == f.followed
	}
}

// request asks the register for a change.
func (n *simNode) request(change placement.Change) {
	s := n.s
	s.note("request "+change.Kind.String(), uint64(change.Partition), uint64(change.Epoch), uint64(change.Node))
	s.cover.request(n, change)
	m := s.masterOf(n)
	if m == nil { // another node passes it on
		other := s.hosts[s.rng.IntN(simHosts)].node
		if other == nil || !other.alive || s.isCut(n, other) || s.isCut(other, n) {
			return
		}
		m = s.masterOf(other)
	}
	if m == nil || s.chance(0.03) {
		return
	}
	id := n.following.followed
	s.after(s.between(1, 50)*millisecond, func() { m.onChange(id, change) })
	if s.chance(0.05) {
		s.after(s.between(1, 3000)*millisecond, func() { m.onChange(id, change) })
	}
}

// onReport judges a report.
func (m *simMaster) onReport(rep register.Report) (simReply, bool) {
	s := m.s
	member := slices.Contains(s.planner.believed[:], rep.Incarnation)
	got := register.Receive(m.reign, m.state, rep, member, m.override)
	if s.planted == plantGoBack && got.Verdict == register.Wiser && m.view() != nil && rep.Follows != m.reign.ID {
		got = register.Reception{Verdict: register.Converts, Keep: true, Forswear: true, Report: rep}
		got.Report.Claim = nil
	}
	if got.Recover {
		m.recover(got.Why, rep.Follows)
		got = register.Receive(m.reign, m.state, rep, member, m.override)
	}
	reply := simReply{id: m.reign.ID, forswear: got.Forswear}
	if got.Verdict == register.Stranger {
		m.stranger = true
		return reply, false
	}
	if !got.Keep {
		return reply, true
	}
	if _, known := m.told[rep.Incarnation]; !known {
		for _, n := range s.started {
			if before, ok := m.told[n.inc]; ok && before.Name == rep.Name {
				m.told[n.inc] = before.Replaced()
			}
		}
	}
	kept := got.Report.After(m.told[rep.Incarnation])
	m.told[rep.Incarnation] = kept
	if got.Verdict == register.Follower && register.MayAdopt(m.reign, m.state, kept) {
		reply.epoch = m.state.Epoch()
	}
	return reply, true
}

// recover takes the view out of force: the workers know more than the file.
func (m *simMaster) recover(why string, above placement.MasterID) {
	m.s.note("recover", uint64(m.index), uint64(m.reign.ID), 0)
	m.s.cover.hit(coverRecovery)
	m.reign = m.reign.Recover(why, above, m.s.rng.Uint64())
	m.since = m.s.now
	m.open = false
	m.queue = nil
}

// live calls f for each worker that gossip calls alive, until it returns false.
func (m *simMaster) live(f func(inc placement.Incarnation) bool) bool {
	for _, inc := range m.s.planner.believed {
		if inc != 0 && !f(inc) {
			return false
		}
	}
	return true
}

// claims are the views that followers hold of older registers.
func (m *simMaster) claims() register.Claims {
	var reports []register.Report
	for _, n := range m.s.started {
		if r, ok := m.told[n.inc]; ok {
			reports = append(reports, r)
		}
	}
	return register.ClaimsOf(m.reign.ID, reports)
}

// markHeard notes that claims which were seen are in the State.
func (m *simMaster) markHeard(seen register.Claims, reports map[placement.Incarnation]register.Report) {
	for _, n := range m.s.started {
		if seen[n.inc] == nil {
			continue
		}
		m.told[n.inc] = m.told[n.inc].Hear(reports[n.inc], m.reign.ID)
	}
}

// seen is the reports as they are now.
func (m *simMaster) seen() map[placement.Incarnation]register.Report {
	reports := make(map[placement.Incarnation]register.Report, len(m.told))
	for _, n := range m.s.started {
		if r, ok := m.told[n.inc]; ok {
			reports[n.inc] = r
		}
	}
	return reports
}

// tend does what is due.
func (m *simMaster) tend() {
	graceOver := m.s.now-m.since > m.s.weather.grace
	if m.view() == nil {
		if m.reign.Recovering() {
			m.rebuild(graceOver)
		}
		return
	}
	m.listen()
	if !m.open {
		id := m.reign.ID
		m.open = graceOver || m.live(func(inc placement.Incarnation) bool { return m.told[inc].Follower(id) })
	}
	if m.open {
		m.tendNodes()
	}
}

// rebuild makes the register of what the workers told, once all have.
func (m *simMaster) rebuild(graceOver bool) {
	id, told, reports := m.reign.ID, m.claims(), m.seen()
	complete := m.live(func(inc placement.Incarnation) bool { return reports[inc].Spoken(id) })
	if m.busy || !complete && (!graceOver || len(told) == 0) {
		return
	}
	followed := func(inc placement.Incarnation) bool {
		return reports[inc].Spoken(id) || m.s.planted == plantNoFreeze
	}
	m.ask(simRequest{
		Request: register.Request{Edit: func(base *register.State) (*register.State, error) {
			if m.reign.ID != id || m.reign.InForce(base) != nil {
				return base, nil
			}
			return register.Rebuild(id, base, told, followed, m.override)
		}},
		done: func(a register.Answer) {
			m.apart = errors.Is(a.Err, register.ErrTwoClusters)
			if a.Err == nil && m.reign.ID == id && m.view() != nil {
				m.s.cover.hit(coverRebuilt)
				m.markHeard(told, reports)
				m.open = true
			}
		},
	})
}

// listen hears claims that came late, and thaws what need not be frozen.
func (m *simMaster) listen() {
	id, told, reports := m.reign.ID, m.claims(), m.seen()
	followed := func(inc placement.Incarnation) bool { return told[inc] != nil || reports[inc].Followed(id) }
	edit := func(base *register.State) (*register.State, error) {
		if m.reign.ID != id || m.reign.InForce(base) == nil {
			return base, nil
		}
		next := register.Hear(base, told, followed)
		if m.override {
			next = next.ThawAll()
		}
		return next, nil
	}
	if next, _ := edit(m.state); next == m.state {
		m.markHeard(told, reports)
		return
	}
	m.ask(simRequest{Request: register.Request{Edit: edit}, done: func(a register.Answer) {
		if a.Err == nil {
			m.markHeard(told, reports)
		}
	}})
}

// suggested takes a step that a master plans.
func (n *simNode) suggested(change placement.Change) {
	n.step(change.Partition, func(c *Core, now store.Instant, out *Effects) { c.Suggest(now, change, out) })
}
