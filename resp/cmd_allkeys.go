package resp

import (
	"context"
	"math/rand/v2"
	"strconv"
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
	pattern *pattern // nil: all
	n       int
	seen    int    // bytes of keys that were looked at
	steps   int    // comparisons that this took
	refusal string // why it must end
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
}

// keys lists all that fit, as many as one reply can hold.
func keys(c *Call) {
	if len(c.Args[1]) > longestPattern {
		c.Fail(errPattern)
		return
	}
	c.Errand(func(ctx context.Context, c *Call) {
		l := listed{pattern: compile(c.Args[1], false)}
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
		case !c.Reserve(len(l.buf)):
			c.Fail(ErrManyBytes)
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

// randomOfAll is randomkey, apart. Those partitions come last that have to be waited
// for.
func randomOfAll(ctx context.Context, c *Call, mayWait bool) (done bool) {
	w := c.walk(ctx, mayWait, 0)
	n, from, waiting := len(w.view.Partitions), 0, false
	if n > 0 {
		from = rand.IntN(n)
	}
	pages := 0
	for i := 0; i < n && pages < randomPages && w.refusal == ""; i++ {
		partition := (from + i) % n
		if !w.serves(partition) {
			continue
		}
		for place, again := rand.Uint64(), true; pages < randomPages; pages++ {
			w.partition, w.place = partition, place
			if !w.page(randomOf) {
				break
			}
			if len(w.keys) > 0 {
				c.Bulk(w.keys[rand.IntN(len(w.keys))])
				return true
			}
			switch {
			case w.partition == partition:
				place = w.place
				continue
			case again: // from its beginning
				place, again = 0, false
				continue
			}
			break
		}
		waiting, w.waiting = waiting || w.waiting, false
	}
	switch {
	case waiting:
		return false
	case w.refusal != "":
		c.Fail(w.refusal)
	default:
		c.Null()
	}
	return true
}
