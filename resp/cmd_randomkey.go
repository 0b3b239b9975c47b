package resp

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"pikv/placement"
)

const (
	// randomOf is among how many neighbours RANDOMKEY chooses: the gaps between
	// keys are not equal.
	randomOf = 16
	// randomPages bounds how many pages it looks at that hold nothing but keys whose
	// time is over: partitions may be full of those.
	randomPages = 1 << 10
	// randomAtOnce is how many pages it looks at before it goes on as an errand: nearly all
	// partitions may be empty.
	randomAtOnce = 1 << 11
)

// randomkey looks at a random place of a random partition, and from there on.
func randomkey(c *Call) { c.apart(randomOfAll) }

// randomGlance is what part of its time RANDOMKEY waits for one partition before it has
// tried all.
const randomGlance = 12

// randomOfAll is randomkey, apart. Those partitions come last that have to be waited
// for: whatever keeps one, the key may be of another.
func randomOfAll(ctx context.Context, c *Call, mayWait bool) (done bool) {
	w := c.walk(ctx, mayWait, 0)
	n := len(w.view.Partitions)
	if n == 0 {
		c.Fail(w.refusal)
		return true
	}
	r := randomWalk{walk: w, expired: randomPages, all: math.MaxInt}
	if !mayWait {
		r.all = randomAtOnce
	}
	w.mayWait, w.each = mayWait && c.conn.server.cfg.Remote, w.left/randomGlance
	var untried, unread []int
	var stuck []placement.Incarnation // a partition of theirs could not be read
	for i, from := 0, rand.IntN(n); i < n && !r.done(); i++ {
		partition := (from + i) % n
		primary := w.view.Partitions[partition].Primary
		switch {
		case !w.serves(partition):
		case w.mayWait && slices.Contains(stuck, primary):
			untried = append(untried, partition)
		case !r.look(partition):
			unread, stuck = append(unread, partition), append(stuck, primary)
		}
	}
	for i := 0; i < len(untried) && !r.done(); i++ {
		if !r.look(untried[i]) {
			unread = append(unread, untried[i])
		}
	}
	if !mayWait && !r.found && (len(unread) > 0 || r.all == 0) {
		return false
	}
	w.mayWait, w.each = true, 0
	if !r.refused {
		r.failure = ""
	}
	for i := 0; i < len(unread) && !r.done(); i++ {
		r.look(unread[i])
	}
	switch {
	case r.found:
		c.Bulk(w.keys[rand.IntN(len(w.keys))])
	case ctx.Err() != nil:
		c.Fail(ErrClosing)
	case r.failure != "":
		c.Fail(r.failure)
	default:
		c.Null()
	}
	return true
}

// randomWalk looks for keys at random places.
type randomWalk struct {
	*walk
	expired int // how many pages it may still read that hold nothing but keys whose time is over
	all     int // and how many of any kind
	found   bool
	failure string // why a partition could not be read
}

// done: there is nothing to look for any more.
func (r *randomWalk) done() bool {
	return r.found || r.refused || r.expired == 0 || r.all == 0 || r.ctx.Err() != nil
}

// look looks into a partition; false: it cannot be read now.
func (r *randomWalk) look(partition int) (read bool) {
	for place, again := rand.Uint64(), true; !r.done(); {
		r.all--
		r.partition, r.place = partition, place
		if !r.page(randomOf) {
			break
		}
		if r.found = len(r.keys) > 0; r.found {
			return true
		}
		switch {
		case r.partition == partition: // an empty partition ends at once
			r.expired--
			place = r.place
			continue
		case again: // from its beginning
			place, again = 0, false
			continue
		}
		break
	}
	failed := r.refusal != "" || r.waiting
	if r.failure == "" {
		r.failure = r.refusal
	}
	r.refusal, r.waiting = "", false
	return !failed
}
