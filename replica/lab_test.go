package replica

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/store"
)

// lab drives a few cores by hand: every message, request and answer waits
// until the test takes it, so that a schedule is written out step by step.
type lab struct {
	t     *testing.T
	now   store.Instant
	cores map[placement.Incarnation]*Core
	out   Effects

	mail     []letter
	requests []placement.Change
	done     []Done
	behind   placement.Epoch
	heard    store.Instant // what Peers says of everyone
	stuck    bool          // messages have not left yet
}

// letter is a message on its way, as bytes: cores share no memory.
type letter struct {
	from, to placement.Incarnation
	frame    []byte
}

func (l letter) message() Message {
	m, _, err := DecodeMessage(l.frame)
	if err != nil {
		panic(err)
	}
	return m
}

// The nodes of a lab. A is the primary to begin with.
const (
	nodeA placement.Incarnation = 0xA
	nodeB placement.Incarnation = 0xB
	nodeC placement.Incarnation = 0xC
)

func newLab(t *testing.T) *lab {
	l := &lab{t: t, now: store.Instant(time.Hour), cores: make(map[placement.Incarnation]*Core)}
	for _, inc := range []placement.Incarnation{nodeA, nodeB, nodeC} {
		l.start(inc, 1<<20, DefaultLimits())
	}
	return l
}

// start makes a node's core, in place of one that it had.
func (l *lab) start(inc placement.Incarnation, memory int64, limits Limits) {
	account := store.NewMemory(memory)
	l.cores[inc] = New(0, inc, store.New(account), account, DefaultTiming(), limits)
}

// config is a configuration of the lab's partition.
func config(epoch placement.Epoch, primary placement.Incarnation, inSync []placement.Incarnation, learners ...placement.Incarnation) placement.Partition {
	return placement.Partition{Epoch: epoch, Primary: primary, InSync: inSync, Learners: learners}
}

type incs = []placement.Incarnation

// alone makes A the only replica, as at a cluster's birth.
func (l *lab) alone() {
	for _, inc := range []placement.Incarnation{nodeA, nodeB, nodeC} {
		l.adopt(inc, config(1, nodeA, incs{nodeA}))
	}
}

// pair makes A the primary and B its backup, in epoch 3.
func (l *lab) pair() {
	l.alone()
	l.adoptAll(config(2, nodeA, incs{nodeA}, nodeB))
	l.settle()
	l.adoptAll(config(3, nodeA, incs{nodeA, nodeB}))
	l.settle()
	l.requests = nil
}

func (l *lab) adopt(inc placement.Incarnation, config placement.Partition) {
	l.cores[inc].Adopt(l.now, config, &l.out)
	l.collect(inc)
}

func (l *lab) adoptAll(config placement.Partition) {
	for _, inc := range []placement.Incarnation{nodeA, nodeB, nodeC} {
		l.adopt(inc, config)
	}
}

// collect takes the effects of an event at a node.
func (l *lab) collect(inc placement.Incarnation) {
	for i := range l.out.Messages {
		env := &l.out.Messages[i]
		l.mail = append(l.mail, letter{from: inc, to: env.To, frame: AppendMessage(nil, &env.Message)})
	}
	l.requests = append(l.requests, l.out.Requests...)
	l.done = append(l.done, l.out.Done...)
	l.behind = max(l.behind, l.out.Behind)
	l.out.Reset()
}

// deliver hands over one letter, which may be one that was kept for later.
func (l *lab) deliver(mail letter) {
	m := mail.message()
	l.cores[mail.to].Receive(l.now, mail.from, &m, &l.out)
	l.collect(mail.to)
}

// settle delivers letters, in order, and fill items, until nothing is left.
func (l *lab) settle() {
	l.t.Helper()
	for range 10_000 {
		if len(l.mail) > 0 {
			next := l.mail[0]
			l.mail = l.mail[1:]
			l.deliver(next)
			continue
		}
		sent := 0
		for _, inc := range []placement.Incarnation{nodeA, nodeB, nodeC} {
			sent += l.cores[inc].FillChunk(l.now, &l.out)
			l.collect(inc)
		}
		if sent == 0 {
			return
		}
	}
	l.t.Fatal("the cores never stop talking")
}

// lose drops every letter on its way that goes to a node.
func (l *lab) lose(to placement.Incarnation) (lost []letter) {
	l.mail = slices.DeleteFunc(l.mail, func(m letter) bool {
		if m.to == to {
			lost = append(lost, m)
		}
		return m.to == to
	})
	return lost
}

// pass lets time pass at all nodes, in ticks of 20 ms.
func (l *lab) pass(d time.Duration) {
	for ; d > 0; d -= 20 * time.Millisecond {
		l.now += store.Instant(20 * time.Millisecond)
		for _, inc := range []placement.Incarnation{nodeA, nodeB, nodeC} {
			l.tick(inc)
		}
	}
}

func (l *lab) tick(inc placement.Incarnation) {
	if c := l.cores[inc]; c.Active() {
		c.Tick(l.now, l, &l.out)
		l.collect(inc)
	}
}

func (l *lab) Heard(placement.Incarnation) store.Instant { return l.heard }
func (l *lab) Flushed(placement.Incarnation) bool        { return !l.stuck }

// put, get and del run an operation at a node; its answer comes to l.done
// under the tag, now or later.
func (l *lab) do(inc placement.Incarnation, op Op) {
	l.cores[inc].Do(l.now, &op, &l.out)
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
