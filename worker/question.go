package worker

import (
	"pikv/replica"
	"pikv/store"
)

// ask sends this beat's question, with the answer to the peer's last one, from
// the caller's goroutine. Whatever takes waiting, or is out of the ordinary, is
// left to the lane's own.
func (k *link) ask(now store.Instant) {
	switch {
	case !k.due(now):
		if k.lost.Load() {
			k.urgent.signal()
		}
	case k.lost.Load(), k.pair.Silent(now, k.w.cfg.Timing.Silence), k.unanswered(now), !k.urgent.try(func(head []byte) []byte { return k.begin(head, true) }):
		k.urgent.signal()
	}
}

// reply answers the peer's question from where it was read: to wake the lane's
// goroutine for each would double what an idle node does.
func (k *link) reply(now store.Instant) {
	ask := len(*k.shared.Load()) > 0 && k.asksSoon(now)
	if !k.urgent.try(func(head []byte) []byte { return k.begin(head, ask) }) {
		k.urgent.signal()
	}
}

// begin begins a frame that is about to leave: with a question, if ask says so,
// and the answer to the peer's question, if there is one.
func (k *link) begin(head []byte, ask bool) []byte {
	b := k.compose(store.Instant(k.question.Swap(0)), ask)
	if b.Ask == 0 && b.Grant == 0 {
		return messagesOnly(head)
	}
	return replica.AppendBeat(append(head, flagBeat), &b)
}

// compose returns a beat that is about to leave: it asks, if ask says so, and
// answers question, 0 for none.
func (k *link) compose(question store.Instant, ask bool) (b replica.Beat) {
	if ask {
		b.Ask = k.w.now() // only now: a lease counts from the question, not from its leaving
		b.Prompt = !k.pair.Leased(b.Ask + k.ample())
		k.asked.Store(int64(b.Ask))
	}
	if b.Master, b.View = k.w.standing.names(); b.Master != 0 && question != 0 {
		b.Grant = question
		b.Room, b.Keep = k.w.allot(k.peer)
	}
	return b
}

// ample is how much of a lease is left at least when one is asked for anew, as
// long as nothing is late: it is answered up to a beat later, and asked for a
// beat after that; half a beat is for chance.
func (k *link) ample() store.Instant {
	t := &k.w.cfg.Timing
	return store.Instant(t.Lease - 5*t.Beat/2)
}

// asksSoon reports whether the next question may as well travel with what
// leaves now.
func (k *link) asksSoon(now store.Instant) bool {
	return now-store.Instant(k.asked.Load()) >= store.Instant(k.w.cfg.Timing.Beat)/2
}

// due reports whether it is time for a question. All links of a node ask
// together, at its beats: to wake once costs less than to wake for each.
func (k *link) due(now store.Instant) bool {
	return k.w.rhythm.since(store.Instant(k.asked.Load())) && k.asksSoon(now)
}
