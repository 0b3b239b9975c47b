package replica

import (
	"bytes"

	"pikv/store"
)

// few is how many pending operations are looked through one by one. More have
// an index, which costs memory and time for each.
const few = 16

// kept is for how many operations, or entries, an idle partition keeps room: it
// is used again and again where writes come one by one, and is less than a
// kilobyte.
const kept = 4

// pending holds the operations that are numbered, without gaps, and wait for
// their commit: a queue. The zero value is empty.
type pending struct {
	queue []pendingOp // those before first are over
	first int
	// With more than few of them: the latest touch of each key, and the
	// entries of requests with an id.
	touched map[string]touch
	named   map[requestKey]Number
}

type requestKey struct{ client, seq uint64 }

// pendingOp is an operation that waits for the commit of its entry.
type pendingOp struct {
	waiter         // who asked first
	answer   bool  // it still waits
	reserved int64 // bytes of memory
	id       EntryID
	more     []waiter // who asked the same again, or needs to know that this is committed
	key      []byte   // shared with the entry; nil: it touches none, or is a group
	touch    touch    // touch.number is the entry's, also of one that touches no key
	group    *groupTouches
}

// touch is what an entry does to a key.
type touch struct {
	number Number // the last pending entry on the key
	// put is the entry that wrote the value that is left behind, pending or not
	// any more; 0 when the key will be gone. version and deadline are its own
	// unless a later entry changed them.
	put, version Number
	deadline     store.Instant
	at           *place // where that value lies; nil: with the entry put and, once that is committed, in the store under the key
}

// all returns those that wait, the earliest first. They may be altered in place.
func (q *pending) all() []pendingOp { return q.queue[q.first:] }

func (q *pending) empty() bool { return len(q.queue) == q.first }

// at returns the operation of entry n, which must wait.
func (q *pending) at(n Number) *pendingOp {
	waiting := q.all()
	return &waiting[n-waiting[0].touch.number]
}

// push adds the operation of the next number.
func (q *pending) push(p pendingOp) {
	if len(q.queue) == cap(q.queue) && 2*q.first >= len(q.queue) && q.first > 0 {
		left := copy(q.queue, q.all())
		clear(q.queue[left:])
		q.queue, q.first = q.queue[:left], 0
	}
	q.queue = append(q.queue, p)
	switch {
	case q.touched != nil:
		q.index(&p)
	case len(q.all()) > few, p.group != nil && len(*p.group) > few:
		q.touched, q.named = make(map[string]touch), make(map[requestKey]Number)
		for i := range q.all() {
			q.index(&q.all()[i])
		}
	}
}

func (q *pending) index(p *pendingOp) {
	if p.key != nil {
		q.touched[string(p.key)] = p.touch
	}
	if p.group != nil {
		for _, k := range *p.group {
			q.touched[string(k.key)] = k.touch
		}
	}
	if p.id.Seq != 0 {
		q.named[requestKey{p.id.Client, p.id.Seq}] = p.touch.number
	}
}

// pop drops the earliest.
func (q *pending) pop() {
	p := &q.queue[q.first]
	if q.touched != nil {
		if p.key != nil {
			q.untouch(p.key, p.touch.number)
		}
		if p.group != nil {
			for _, k := range *p.group {
				q.untouch(k.key, p.touch.number)
			}
		}
		delete(q.named, requestKey{p.id.Client, p.id.Seq})
	}
	*p = pendingOp{}
	q.first++
	if !q.empty() {
		return
	}
	room := q.queue[:0]
	if cap(room) > kept {
		room = nil
	}
	*q = pending{queue: room}
}

// untouch notes that the entry n on the key is over.
func (q *pending) untouch(key []byte, n Number) {
	if t, ok := q.touched[string(key)]; ok && t.number == n {
		delete(q.touched, string(key))
	}
}

// touchOf returns what the pending entries do to a key; false: none touches it.
func (q *pending) touchOf(key []byte) (touch, bool) {
	if q.touched != nil {
		t, ok := q.touched[string(key)]
		return t, ok
	}
	all := q.all()
	for i := range all {
		p := &all[len(all)-1-i]
		if p.key != nil && bytes.Equal(p.key, key) {
			return p.touch, true
		}
		if p.group != nil {
			if t, touched := p.group.of(key); touched {
				return t, true
			}
		}
	}
	return touch{}, false
}

// entryOf returns the pending entry of a request with an id.
func (q *pending) entryOf(id RequestID) (Number, bool) {
	if q.named != nil {
		n, ok := q.named[requestKey{id.Client, id.Seq}]
		return n, ok
	}
	for i := range q.all() {
		if p := &q.all()[i]; p.id.Client == id.Client && p.id.Seq == id.Seq {
			return p.touch.number, true
		}
	}
	return 0, false
}
