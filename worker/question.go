package worker

import (
	"pikv/replica"
	"pikv/store"
	"pikv/wire"
)

// reply answers a question from where it was read: to wake the urgent lane for
// each would double what an idle node does. False leaves it to the lane, which
// alone may wait and connect.
func (k *link) reply(now, question store.Instant) bool {
	conn := k.urgent.conn.Load()
	if conn == nil {
		return false
	}
	b := k.compose(question, len(*k.shared.Load()) > 0 && k.asksSoon(now))
	if b.Grant == 0 {
		return false
	}
	batch := replica.AppendBeat([]byte{flagBeat}, &b)
	return conn.TryNotify(wire.MethodPeer, k.urgent.frame(batch)) == nil
}

// compose returns a beat that is about to leave: it asks, if ask says so, and
// answers question, 0 for none.
func (k *link) compose(question store.Instant, ask bool) (b replica.Beat) {
	if ask {
		b.Ask = k.w.now() // only now: a lease counts from the question, not from its leaving
		k.asked.Store(int64(b.Ask))
	}
	if b.Master, b.View = k.w.standing.names(); b.Master != 0 && question != 0 {
		b.Grant, b.Room = question, k.w.room()
	}
	return b
}

// asksSoon reports whether the next question may as well travel with what
// leaves now.
func (k *link) asksSoon(now store.Instant) bool {
	return now-store.Instant(k.asked.Load()) >= store.Instant(k.w.cfg.Timing.Beat)/2
}

// due reports whether it is time for a question. All links of a node ask
// together, when its clock passes a multiple of Timing.Beat: to wake once costs
// less than to wake for each.
func (k *link) due(now store.Instant) bool {
	beat := store.Instant(k.w.cfg.Timing.Beat)
	return now/beat != store.Instant(k.asked.Load())/beat && k.asksSoon(now)
}
