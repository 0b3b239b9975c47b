package replica

import (
	"slices"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/store"
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

// decider is a Decider of a test.
type decider struct {
	decide func(was []State, then []Decision) []byte
	ran    int
	kept   int
}

func (d *decider) Decide(_ store.Instant, was []State, then []Decision) []byte {
	d.ran++
	return d.decide(was, then)
}

func (d *decider) Keep() { d.kept++ }

// update runs an OpUpdate.
func (l *lab) update(tag, key string, decide func(was State) (Decision, []byte)) *decider {
	d := &decider{decide: func(was []State, then []Decision) (answer []byte) {
		then[0], answer = decide(was[0])
		return answer
	}}
	l.do(nodeA, Op{Kind: OpUpdate, Key: []byte(key), Decide: d, Tag: tag})
	return d
}

// read is an OpUpdate that changes nothing, and returns what there is.
func (l *lab) read(tag, key string) *decider {
	return l.update(tag, key, func(was State) (Decision, []byte) { return Decision{}, was.Value })
}

// add appends to the value and answers with what there was.
func (l *lab) add(tag, key, more string) *decider {
	return l.update(tag, key, func(was State) (Decision, []byte) {
		return Decision{Verdict: Put, Value: append(slices.Clone(was.Value), more...), KeepTTL: true}, was.Value
	})
}

// group runs an OpGroup on keys.
func (l *lab) group(tag string, keys []string, decide func(was []State, then []Decision) []byte) *decider {
	d := &decider{decide: decide}
	op := Op{Kind: OpGroup, Decide: d, Tag: tag}
	for _, key := range keys {
		op.Keys = append(op.Keys, []byte(key))
	}
	l.do(nodeA, op)
	for _, key := range op.Keys {
		spoil(key)
	}
	return d
}
