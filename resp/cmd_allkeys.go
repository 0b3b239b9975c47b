package resp

import (
	"context"
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

// maxListed bounds the bytes of keys in one reply.
const maxListed = 8 << 20

// listedMost is maxListed, or less on a node with little room: what never finds any must
// not be told to try again.
func (c *Call) listedMost() int {
	return int(min(maxListed, c.conn.server.cfg.Budget.Limit()/2))
}

// sizeText is a number of bytes for people.
func sizeText(n int) string {
	if n >= 1<<20 {
		return strconv.Itoa(n>>20) + " MiB"
	}
	return strconv.Itoa(n>>10) + " KiB"
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
			case len(l.buf) > c.listedMost():
				l.refusal = "ERR more than " + sizeText(c.listedMost()) + " of keys fit the pattern: use SCAN"
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
