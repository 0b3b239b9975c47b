package worker

import (
	"math"
	"sync/atomic"

	"pikv/placement"
	"pikv/rpcserver"
	"pikv/store"
	"pikv/wire"
)

// manyGets is an MGet under way.
//
// Its values are copied twice, into room and from there into the reply: values of
// many partitions, each under its own lock, cannot be appended to what is sent under
// the connection's. Of a hundred values of 128 bytes the second copy, of what lies
// together, is less than a hundredth of the call.
type manyGets struct {
	batch[wire.GetResult]
	w    *Worker
	c    *rpcserver.Call
	most int64        // bytes of values in the reply, but at least one
	sum  atomic.Int64 // of those taken so far
	room []byte       // for values; run's own
}

// valuesRoom is how much room at most values that are read at once are given at a
// time, if all are of the same size: one piece of memory for each would cost more than
// to copy it.
const valuesRoom = freeReply

// fits takes room for a value in the reply, before it is copied, since many calls may
// be here at once; or it writes into r why there is none.
func (m *manyGets) fits(r *wire.GetResult, bytes int) bool {
	size := int64(bytes)
	before := m.sum.Add(size) - size
	switch {
	case !m.c.Wants(int(min(before+size, math.MaxInt32))):
		r.Err = rpcserver.ErrLarge
	case before > 0 && before+size > m.most:
		r.Err = wire.Errorf(wire.CodeBusy, "the values together are too large for one reply: ask for fewer keys")
	case before+size > freeReply && !m.c.Reserve(bytes):
		r.Err = errManyBytes
	default:
		return true
	}
	m.sum.Add(-size)
	return false
}

// size is about that of the reply.
func (m *manyGets) size() int { return int(m.sum.Load()) + 5*(len(m.results)+1) }

// getAtOnce reads a key that waits for nothing; false: it did nothing. Of run's
// goroutine.
func (m *manyGets) getAtOnce(p *partition, i int, key []byte, o *wire.Options) bool {
	p.mu.Lock()
	defer p.unlock()
	item, found, ok := p.core.Get(store.Instant(m.c.Arrived), key, placement.Epoch(o.Epoch))
	if !ok {
		return false
	}
	m.w.countLocked(p, reading, key)
	if r := &m.results[i]; m.fits(r, len(item.Value)) {
		r.Value, r.Found = m.keep(item.Value, len(m.results)-i), found
	}
	return true
}

// keep copies a value, which is the store's until the partition is unlocked; left is
// for how many keys values are still to come.
func (m *manyGets) keep(value []byte, left int) []byte {
	if len(value) > cap(m.room)-len(m.room) {
		m.room = make([]byte, 0, max(len(value), min(valuesRoom, left*len(value))))
	}
	at := len(m.room)
	m.room = append(m.room, value...)
	return m.room[at:len(m.room):len(m.room)]
}
