package replica

import (
	"pikv/placement"
	"pikv/store"
)

// simLink is one direction between two machines.
type simLink struct {
	from, to int
	cut      int64 // until then nothing arrives
	slow     int64 // until then it has a hundredth of its bandwidth
	free     int64 // when all that was sent has left
	last     int64 // arrival of the last message that came in order
	broken   int   // counts lost connections: what was on its way is lost
}

func (s *sim) isCut(from, to *simNode) bool {
	return s.links[from.host.index][to.host.index].cut > s.now
}

// sendAll sends the messages of one event, those in a row to one receiver in
// one frame, through the real codec.
func (s *sim) sendAll(from *simNode, messages []Envelope) {
	for len(messages) > 0 {
		to, count := messages[0].To, 0
		var frame []byte
		for _, env := range messages {
			if env.To != to {
				break
			}
			frame = AppendMessage(frame, &env.Message)
			count++
		}
		messages = messages[count:]
		s.send(from, to, frame, count)
	}
}

// send carries a frame to a node, as the network pleases. An empty frame is a
// sign of life.
func (s *sim) send(from *simNode, inc placement.Incarnation, frame []byte, messages int) {
	to := s.procs[inc]
	if to == nil {
		s.fail("%s sends to %v, which never was", from.host.name, inc)
		return
	}
	l := &s.links[from.host.index][to.host.index]
	perByte := int64(100) // 10 MB/s
	if l.slow > s.now {
		perByte *= 100
	}
	l.free = max(l.free, s.now) + int64(len(frame))*perByte
	if l.cut > s.now || !to.alive {
		return
	}
	arrive := l.free + s.weather.delay + s.between(0, s.weather.jitter)
	if s.chance(s.weather.reorder) {
		arrive += s.between(0, 30) * millisecond
	} else {
		arrive = max(arrive, l.last+1)
		l.last = arrive
	}
	if messages > 0 && s.chance(s.weather.loss) {
		s.note("lost", uint64(l.from), uint64(l.to), 0)
		if s.chance(s.weather.relink) {
			s.breakLink(l.from, l.to, arrive-s.now)
		}
		return
	}
	connection := l.broken
	s.deliver(from, to, frame, arrive-s.now, func() bool { return l.broken == connection && l.cut <= s.now })
	if messages > 0 && s.chance(s.weather.duplicate) {
		late := s.between(0, 100) * millisecond
		if s.chance(0.3) {
			late = s.between(0, 3000) * millisecond
		}
		copied := append([]byte(nil), frame...)
		s.deliver(from, to, copied, arrive-s.now+late, func() bool { return l.cut <= s.now })
	}
}

func (s *sim) deliver(from, to *simNode, frame []byte, delay int64, open func() bool) {
	to.after(delay, func() {
		if open() {
			to.receive(from.inc, frame)
		}
	})
}

// breakLink loses what is on its way between two machines and tells both
// ends, once they have a new connection.
func (s *sim) breakLink(a, b int, delay int64) {
	s.links[a][b].broken++
	s.links[b][a].broken++
	s.after(delay+s.between(1, 40)*millisecond, func() { s.relink(a, b) })
}

// relink tells both ends that their connection is a new one.
func (s *sim) relink(a, b int) {
	if s.links[a][b].cut > s.now || s.links[b][a].cut > s.now {
		return // told when it heals
	}
	for _, end := range [2][2]*simNode{{s.hosts[a].node, s.hosts[b].node}, {s.hosts[b].node, s.hosts[a].node}} {
		here, there := end[0], end[1].inc
		here.after(s.between(0, 5)*millisecond, func() {
			for p := range placement.PartitionID(simPartitions) {
				here.step(p, func(c *Core, now store.Instant, out *Effects) { c.Relinked(now, there, out) })
			}
		})
	}
}

// cutLink cuts a direction, or both, for a while.
func (s *sim) cutLink(a, b int, both bool, duration int64) {
	s.note("cut", uint64(a), uint64(b), uint64(duration))
	s.links[a][b].cut = s.now + duration
	if both {
		s.links[b][a].cut = s.now + duration
	}
	if s.chance(0.5) {
		s.links[a][b].broken++
		s.links[b][a].broken++
	}
	if s.chance(s.weather.relink) {
		s.after(duration+1, func() { s.relink(a, b) })
	}
}
