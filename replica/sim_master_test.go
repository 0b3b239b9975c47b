package replica

import (
	"pikv/placement"
	"pikv/register"
)

// simMaster is a machine with a master: what the real one does around the
// decisions of package register. Its file survives the process, mostly.
type simMaster struct {
	s     *sim
	index int
	name  string

	file  *register.State   // durable, nil for none
	saves []*register.State // all that the file ever held

	alive    bool
	life     int                 // counts restarts
	isolated int64               // until then it hears nobody
	slow     int64               // until then its disk takes seconds
	override bool                // started with --recover
	since    int64               // when the reign began
	waits    [simPartitions]bool // which were frozen in what it published last
	stranger bool                // a worker follows a master that this one does not know
	apart    bool                // the claims seem to be of two clusters

	state   *register.State // published
	reign   register.Reign
	open    bool
	busy    bool // a batch is under way
	queue   []simRequest
	told    map[placement.Incarnation]register.Report // looked up only
	history []*placement.View                         // all that was published
}

// simRequest is a request to the register, and who is told of its answer.
type simRequest struct {
	register.Request
	done func(register.Answer)
}

func (m *simMaster) draw() placement.MasterID { return placement.NewMasterID(1, m.s.rng.Uint64()) }

// start begins a process, from the file.
func (m *simMaster) start() {
	s := m.s
	m.alive, m.open, m.busy, m.queue = true, false, false, nil
	m.stranger, m.apart = false, false
	m.told = make(map[placement.Incarnation]register.Report)
	m.since = s.now
	m.state = &register.State{}
	if m.file != nil {
		m.state = m.file
	}
	m.reign = register.Reign{ID: m.draw()}
	if v := m.state.View; v != nil {
		m.reign.ID = v.MasterID
	}
	s.note("master", uint64(m.index), uint64(m.reign.ID), uint64(m.state.Epoch()))
	m.life++
	m.loop()
	if v := m.view(); v != nil {
		s.check.published(m)
		m.push(v)
	}
}

// stop ends the process. What is not on disk is lost.
func (m *simMaster) stop() {
	m.s.note("master stops", uint64(m.index), 0, 0)
	m.alive = false
	m.life++
}

// later runs f unless the process ends meanwhile.
func (m *simMaster) later(delay int64, f func()) {
	life := m.life
	m.s.after(delay, func() {
		if m.life == life {
			f()
		}
	})
}

func (m *simMaster) loop() {
	m.later(m.s.between(40, 120)*millisecond, func() {
		m.tend()
		m.loop()
	})
}

// view is the one in force, nil for none.
func (m *simMaster) view() *placement.View {
	if !m.alive {
		return nil
	}
	return m.reign.InForce(m.state)
}

// masterOf is the master that a node reaches, nil for none.
func (s *sim) masterOf(n *simNode) *simMaster {
	m := s.masters[n.host.serves]
	if !m.alive || m.isolated > s.now || n.host.masterless > s.now {
		return nil
	}
	return m
}

// ask queues a request, and starts a batch unless one is under way.
func (m *simMaster) ask(q simRequest) {
	m.queue = append(m.queue, q)
	m.kick()
}

func (m *simMaster) kick() {
	if m.busy || len(m.queue) == 0 {
		return
	}
	m.busy = true
	m.later(m.s.between(0, 3)*millisecond, m.commit)
}

// commit takes one batch: apply, write, flush, publish, answer. The process may
// end between any two of these.
func (m *simMaster) commit() {
	s := m.s
	batch := m.queue
	m.queue = nil
	requests := make([]register.Request, len(batch))
	for i := range batch {
		requests[i] = batch[i].Request
	}
	requests = s.plantInRequests(m, requests)
	next, answers := register.Apply(m.state, requests)
	for i := range answers {
		for _, err := range answers[i].Refused {
			if err != nil {
				s.cover.hit(coverRefused)
			}
		}
	}
	finish := func() {
		for i := range batch {
			if batch[i].done != nil {
				batch[i].done(answers[i])
			}
		}
		m.busy = false
		m.kick()
	}
	if next == m.state {
		finish()
		return
	}
	if s.planted == plantPublishFirst {
		m.publish(next)
	}
	m.write(next, func() {
		m.publish(next)
		finish()
	})
}

// write makes a State durable, then calls done.
func (m *simMaster) write(next *register.State, done func()) {
	s := m.s
	if m.dies(coverCrashBeforeWrite) {
		return
	}
	fsync := s.between(1, 25) * millisecond
	if m.slow > s.now {
		fsync = s.between(300, 1500) * millisecond
	} else if s.chance(0.03) {
		fsync = 400 * millisecond
	}
	m.later(s.between(0, 3)*millisecond, func() {
		before := m.file
		if s.chance(0.5) {
			m.save(next) // it may be on the disk before the flush returns
		}
		if m.dies(coverCrashBeforeFlush) {
			return
		}
		m.later(fsync, func() {
			if m.file == before {
				m.save(next)
			}
			if m.dies(coverCrashBeforePublish) {
				return
			}
			m.later(s.between(0, 5)*millisecond, done)
		})
	})
}

// save is the moment from which a State survives.
func (m *simMaster) save(next *register.State) {
	before := m.file
	m.file = next
	m.saves = append(m.saves, next)
	m.s.check.transition(m, before, next)
}

// dies ends the process at a boundary, sometimes.
func (m *simMaster) dies(where covered) bool {
	s := m.s
	if s.healing || !s.chance(s.weather.deaths) {
		return false
	}
	s.cover.hit(where)
	m.restart(s.lasting(30, 1500))
	return true
}

// restart ends the process and starts it again after a while.
func (m *simMaster) restart(away int64) {
	m.stop()
	m.later(away, m.start)
}

// publish shows a State to everybody.
func (m *simMaster) publish(next *register.State) {
	s := m.s
	m.state = next
	v := m.view()
	if v == nil {
		return
	}
	s.note("publish", uint64(m.index), uint64(v.Epoch), uint64(len(next.Frozen)))
	s.check.published(m)
	m.push(v)
}

// push sends a view to the nodes that poll: mostly soon, sometimes late or
// never, and sometimes an older one after it.
func (m *simMaster) push(v *placement.View) {
	s := m.s
	m.history = append(m.history, v)
	for _, h := range s.hosts {
		if h.node == nil || s.masterOf(h.node) != m || s.chance(0.1) {
			continue
		}
		n, delay := h.node, s.between(1, 20)*millisecond
		if s.chance(0.05) && !s.healing {
			delay = s.between(100, 2500) * millisecond
		}
		n.after(delay, func() { n.learn(v) })
		if s.chance(0.02) {
			old := m.history[s.rng.IntN(len(m.history))]
			n.after(delay+s.between(0, 50)*millisecond, func() { n.learn(old) })
		}
	}
}

// onChange takes a node's request, as the real master's Change call does.
func (m *simMaster) onChange(id placement.MasterID, change placement.Change) {
	s := m.s
	if !m.alive || m.isolated > s.now {
		return
	}
	v := m.view()
	switch {
	case id != m.reign.ID || v == nil:
		s.cover.hit(coverRefused)
	case register.LaterChange(v, []placement.Change{change}):
		m.recover("a change names a later epoch", 0)
	case !m.open:
	default:
		s.planner.redirect(m, &change)
		m.ask(simRequest{Request: register.Request{Changes: []placement.Change{change}}})
	}
}
