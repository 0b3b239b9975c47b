package worker

import "pikv/store"

// One TCP connection can be stuck while others to the same peer are not: after
// some losses it tries again only after ever longer pauses. If that is the urgent
// lane's, then
//
//	this node's question is not heard, so it is not granted;
//	its grant is not heard, so the peer's lease lapses, too;
//	both hear each other, on other lanes or from the other's urgent one.
//
// Nobody is silent, so nobody is dropped, and what they share would wait until
// TCP tries again. Which of the two connections is stuck shows at neither end:
// each side renews its own when a lease has lapsed. Sooner would be too soon, for
// TCP may still make up for a loss before anybody waits; and a new one loses
// nothing by then.

// noteAnswer notes that the peer has answered the question that was asked then. When
// two answers come at once the earlier may stay: the next one is a beat away.
func (k *link) noteAnswer(now, asked store.Instant) {
	if asked <= now && int64(asked) > k.answered.Load() {
		k.answered.Store(int64(asked))
	}
}

// unanswered reports that the peer has answered nothing that was asked since a
// lease ago, though it was heard in the later half of that time: who has just
// stopped, or was cut off, was heard about when it answered last. Safe for
// concurrent use.
func (k *link) unanswered(now store.Instant) bool {
	lease := k.w.cfg.Timing.Lease
	return now-store.Instant(k.answered.Load()) > store.Instant(lease) && !k.pair.Silent(now, lease/2)
}

// stuck reports whether the urgent lane's connection is to be made anew. Of the
// lane's goroutine.
func (k *link) stuck(now store.Instant) bool {
	return k.urgent.alive() && k.urgent.age() > k.w.cfg.Timing.Lease && k.unanswered(now)
}
