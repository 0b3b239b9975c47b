package replica

import (
	"slices"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// put, get and del run an operation at a node; its answer comes to l.done
// under the tag, now or later.
func (l *lab) do(inc placement.Incarnation, op Op) {
	l.cores[inc].Do(l.now, &op, &l.out)
	spoil(op.Key)
	l.collect(inc)
}

func (l *lab) put(inc placement.Incarnation, tag, key, value string) {
	l.do(inc, Op{Kind: OpPut, Key: []byte(key), Value: []byte(value), Tag: tag})
}

func (l *lab) get(inc placement.Incarnation, tag, key string) {
	l.do(inc, Op{Kind: OpGet, Key: []byte(key), Tag: tag})
}

func (l *lab) del(inc placement.Incarnation, tag, key string) {
	l.do(inc, Op{Kind: OpDelete, Key: []byte(key), Tag: tag})
}

// answer takes the answer to the operation with this tag.
func (l *lab) answer(tag string) Done {
	l.t.Helper()
	i := slices.IndexFunc(l.done, func(d Done) bool { return d.Tag == tag })
	if i < 0 {
		l.t.Fatalf("no answer to %s", tag)
	}
	d := l.done[i]
	l.done = slices.Delete(l.done, i, i+1)
	return d
}

// open checks that the operation with this tag has no answer yet.
func (l *lab) open(tag string) {
	l.t.Helper()
	require.False(l.t, slices.ContainsFunc(l.done, func(d Done) bool { return d.Tag == tag }), "%s is answered already", tag)
}

// asked takes the requests of one kind that the register has got so far.
func (l *lab) asked(kind placement.ChangeKind) (changes []placement.Change) {
	for _, c := range l.requests {
		if c.Kind == kind {
			changes = append(changes, c)
		}
	}
	l.requests = slices.DeleteFunc(l.requests, func(c placement.Change) bool { return c.Kind == kind })
	return changes
}

func (l *lab) suggest(inc placement.Incarnation, kind placement.ChangeKind, node placement.Incarnation) {
	c := l.cores[inc]
	c.Suggest(l.now, placement.Change{Kind: kind, Epoch: c.config.Epoch, Asker: inc, Node: node}, &l.out)
	l.collect(inc)
}

// stored is what a node's store has under a key, "" for nothing.
func (l *lab) stored(inc placement.Incarnation, key string) string {
	it, _ := l.cores[inc].engine.Get([]byte(key))
	return string(it.Value)
}
