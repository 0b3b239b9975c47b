package resp

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"

	"pikv/placement"
)

// allKeysCommands look at all keys of a node, or do something to them.
func allKeysCommands() []Command {
	const each = "request_policy:all_shards"
	list := []Command{
		{Name: "scan", Arity: -2, Flags: ReadOnly | Heavy, Run: scan, tips: "nondeterministic_output request_policy:special"},
		{Name: "keys", Arity: 2, Flags: ReadOnly, Group: "keyspace dangerous", Run: keys, tips: each + " nondeterministic_output_order"},
		{Name: "randomkey", Arity: 1, Flags: ReadOnly | Heavy, Run: randomkey, tips: each + " nondeterministic_output"},
		{Name: "dbsize", Arity: 1, Flags: ReadOnly | Fast | Heavy, Run: dbsize, tips: each + " response_policy:agg_sum"},
		{Name: "flushdb", Arity: -1, Flags: Write, Group: "keyspace dangerous", Run: flush, tips: each + " response_policy:all_succeeded"},
		{Name: "flushall", Arity: -1, Flags: Write, Group: "keyspace dangerous", Run: flush, tips: each + " response_policy:all_succeeded"},
	}
	for i := range list {
		cmd := &list[i]
		cmd.Flags |= Barrier
		if cmd.Group == "" {
			cmd.Group = "keyspace"
		}
	}
	return list
}

// keysPage is how many keys of a partition are listed under its lock at once, where
// many are wanted.
const keysPage = 256

// listed are keys that fit a pattern, written as a reply has them.
type listed struct {
	Writer
	call    *Call
	pattern *pattern // nil: all
	n       int
	seen    int    // bytes of keys that were looked at
	steps   int    // comparisons that this took
	refusal string // why it must end
}

// compile reads the pattern. false: there is no room for it, since the command may wait
// with it, as many others.
func (l *listed) compile(text []byte) bool {
	l.pattern = compile(text, false)
	size := l.pattern.size()
	return !l.call.held || size < freeReply || l.call.Take(size)
}

// take picks what fits among a page of keys.
func (l *listed) take(keys [][]byte, size int) {
	l.seen += size
	most := patternSteps + patternByte*size
	left := most
	for _, key := range keys {
		ok, decided := true, true
		if l.pattern != nil {
			ok, decided = l.pattern.match(key, &left)
		}
		if !decided {
			l.refusal = errPattern
			return
		}
		if ok {
			l.Bulk(key)
			l.n++
		}
	}
	l.steps += most - left
	if l.call.held && !l.call.Reserve(len(l.buf)) { // it may wait, as many others
		l.refusal = ErrManyBytes
	}
}

// keys lists all that fit, as many as one reply can hold.
func keys(c *Call) {
	if len(c.Args[1]) > longestPattern {
		c.Fail(errPattern)
		return
	}
	c.Errand(func(ctx context.Context, c *Call) {
		l := listed{call: c}
		if !l.compile(c.Args[1]) {
			c.Fail(ErrManyBytes)
			return
		}
		w := c.walk(ctx, true, 0)
		for l.refusal == "" && w.page(keysPage) {
			l.take(w.keys, len(w.arena))
			switch {
			case ctx.Err() != nil:
				l.refusal = ErrClosing
			case len(l.buf) > maxListed:
				l.refusal = "ERR more than " + strconv.Itoa(maxListed>>20) + " MiB of keys fit the pattern: use SCAN"
			}
		}
		switch {
		case w.refusal != "":
			c.Fail(w.refusal)
		case l.refusal != "":
			c.Fail(l.refusal)
		default:
			c.Array(l.n)
			c.buf = append(c.buf, l.buf...)
		}
	})
}

// dbsize counts the keys, those of them included whose time is over, but which are
// still in memory, as Redis does.
func dbsize(c *Call) { c.Int(c.Cluster().Figures().Keys) }

const (
	// randomOf is among how many neighbours RANDOMKEY chooses: the gaps between
	// keys are not equal.
	randomOf = 16
	// randomPages bounds how many pages it looks at that hold nothing but keys whose
	// time is over.
	randomPages = 1 << 10
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
	r := randomWalk{walk: w, pages: randomPages}
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
	if !mayWait && !r.found && len(unread) > 0 {
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
	pages   int // how many it may still read
	found   bool
	failure string // why a partition could not be read
}

// done: there is nothing to look for any more.
func (r *randomWalk) done() bool { return r.found || r.refused }

// look looks into a partition; false: it cannot be read now.
func (r *randomWalk) look(partition int) (read bool) {
	for place, again := rand.Uint64(), true; r.pages > 0; r.pages-- {
		r.partition, r.place = partition, place
		if !r.page(randomOf) {
			break
		}
		if r.found = len(r.keys) > 0; r.found {
			return true
		}
		switch {
		case r.partition == partition:
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
