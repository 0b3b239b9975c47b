package replica

import (
	"pikv/placement"
	"pikv/store"
)

// simLane is one connection in one direction.
type simLane struct {
	free int64 // when all that was sent has left
	last int64 // arrival of the last frame that came in order
}

// simLink is one direction between two machines. A lane for entries and
// snapshots, and one for acknowledgements and beats.
type simLink struct {
	from, to int
	cut      int64 // until then nothing arrives
	slow     int64 // until then it has a hundredth of its bandwidth
	bulk     simLane
	urgent   simLane
	broken   int // counts lost connections: what was on its way is lost
}

// The first byte of a frame.
const (
	frameMessages byte = iota
	frameBeat
)

func (s *sim) isCut(from, to *simNode) bool {
	return s.links[from.host.index][to.host.index].cut > s.now
}

// queuedTo is how many bytes wait at a node to leave for another.
func (s *sim) queuedTo(from *simNode, inc placement.Incarnation) int64 {
	to := s.procs[inc]
	if to == nil {
		return 0
	}
	return max(s.links[from.host.index][to.host.index].bulk.free-s.now, 0)
}

func isUrgent(m *Message) bool { return m.Kind == MsgAck || m.Kind == MsgStale }

// sendAll sends the messages of one event, those in a row to one receiver in
// one frame, through the real codec.
func (s *sim) sendAll(from *simNode, messages []Envelope) {
	for len(messages) > 0 {
		to, urgent := messages[0].To, isUrgent(&messages[0].Message)
		frame := []byte{frameMessages}
		count := 0
		for i := range messages {
			if messages[i].To != to || isUrgent(&messages[i].Message) != urgent {
				break
			}
			frame = AppendMessage(frame, &messages[i].Message)
			count++
		}
		messages = messages[count:]
		s.send(from, to, frame, urgent)
	}
}

func (s *sim) sendBeat(from *simNode, to placement.Incarnation, b *Beat) {
	s.send(from, to, AppendBeat([]byte{frameBeat}, b), true)
}

// send carries a frame to a node, as the network pleases.
func (s *sim) send(from *simNode, inc placement.Incarnation, frame []byte, urgent bool) {
	to := s.procs[inc]
	if to == nil {
		s.fail("%s sends to %v, which never was", from.host.name, inc)
		return
	}
	l := &s.links[from.host.index][to.host.index]
	lane := &l.bulk
	if urgent {
		lane = &l.urgent
	}
	perByte := int64(100) // 10 MB/s
	if l.slow > s.now {
		perByte *= 100
	}
	lane.free = max(lane.free, s.now) + int64(len(frame))*perByte
	if l.cut > s.now || !to.alive {
		return
	}
	arrive := lane.free + s.weather.delay + s.between(0, s.weather.jitter)
	if s.chance(s.weather.reorder) {
		arrive += s.between(0, 30) * millisecond
		if frame[0] == frameBeat && s.chance(0.1) {
			arrive += s.between(0, 2000) * millisecond
		}
	} else {
		arrive = max(arrive, lane.last+1)
		lane.last = arrive
	}
	if s.chance(s.weather.loss) {
		s.note("lost", uint64(l.from), uint64(l.to), uint64(frame[0]))
		if frame[0] == frameMessages && s.chance(s.weather.relink) {
			s.breakLink(l.from, l.to, arrive-s.now)
		}
		return
	}
	var again []byte
	if s.chance(s.weather.duplicate) {
		again = append(again, frame...)
	}
	connection := l.broken
	s.deliver(from, to, frame, arrive-s.now, func() bool { return l.broken == connection && l.cut <= s.now })
	if again != nil {
		late := s.between(0, 100) * millisecond
		if s.chance(0.3) {
			late = s.between(0, 3000) * millisecond
		}
		s.deliver(from, to, again, arrive-s.now+late, func() bool { return l.cut <= s.now })
	}
}

func (s *sim) deliver(from, to *simNode, frame []byte, delay int64, open func() bool) {
	to.after(delay, func() {
		if open() {
			to.receive(from.inc, frame)
		}
	})
}

// receive takes a frame. Its bytes are spoilt afterwards: a core keeps none of
// them.
func (n *simNode) receive(from placement.Incarnation, frame []byte) {
	s := n.s
	n.Pair(from).Hear(n.clock())
	if frame[0] == frameBeat {
		b, rest, err := DecodeBeat(frame[1:])
		if err != nil || len(rest) > 0 {
			s.fail("%s cannot decode a beat of %v: %v", n.host.name, from, err)
			return
		}
		n.onBeat(from, &b)
		return
	}
	n.take(from, n.clock(), frame, frame[1:])
}

// take takes the messages of a frame from rest on. The clock was read once, when
// the frame came.
func (n *simNode) take(from placement.Incarnation, read store.Instant, frame, rest []byte) {
	s := n.s
	for len(rest) > 0 && n.alive && s.failure == nil {
		if n.paused > s.now { // since the last message
			n.after(0, func() { n.take(from, read, frame, rest) })
			return
		}
		m, after, err := DecodeMessage(rest)
		if err != nil {
			s.fail("%s cannot decode what %v sent: %v", n.host.name, from, err)
			return
		}
		rest = after
		if s.plantInMessage(n, from, &m) {
			continue
		}
		s.cover.message(n.cores[m.Partition], &m)
		s.note("receive", uint64(n.host.index), uint64(m.Kind)<<32|uint64(m.Partition), uint64(m.Epoch))
		s.check.mayFail = m.Kind == MsgAck && m.Full
		n.step(m.Partition, func(c *Core, _ store.Instant, out *Effects) { c.Receive(read, from, &m, out) })
		s.check.mayFail = false
	}
	for i := range frame {
		frame[i] = '!'
	}
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
		if end[0] == nil || end[1] == nil {
			continue
		}
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
