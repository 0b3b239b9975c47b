package replica

import (
	"bytes"
	"slices"
	"testing"
	"time"

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
	heard    store.Instant         // the last sign of life of everyone
	stuck    bool                  // messages have not left yet
	down     placement.Incarnation // no time passes there
	pairs    map[[2]placement.Incarnation]*Pair
	silent   map[placement.Incarnation]bool // who grants no leases
	timing   Timing
}

// labPairs is what one node of a lab shares with others.
type labPairs struct {
	l   *lab
	inc placement.Incarnation
}

func (p labPairs) Pair(other placement.Incarnation) *Pair {
	at := [2]placement.Incarnation{p.inc, other}
	if p.l.pairs[at] == nil {
		p.l.pairs[at] = NewPair(0)
	}
	p.l.refresh()
	return p.l.pairs[at]
}

// refresh renews the leases of all who grant them: most tests are about
// something else.
func (l *lab) refresh() {
	for at, p := range l.pairs {
		if l.heard > p.Heard() {
			p.Hear(l.heard)
		}
		if !l.silent[at[1]] {
			p.Grant(l.now, l.now, 1e4*time.Hour)
		}
		p.setQueued(0)
		if l.stuck {
			p.setQueued(1)
		}
	}
}

// mute ends the leases that a node grants.
func (l *lab) mute(inc placement.Incarnation) {
	l.silent[inc] = true
	for at, p := range l.pairs {
		if at[1] == inc {
			p.until.Store(0)
		}
	}
}

// letter is a message on its way, as bytes: cores share no memory.
type letter struct {
	from, to placement.Incarnation
	frame    []byte
}

func (l letter) message() Message { return decode(l.frame) }

func decode(frame []byte) Message {
	m, _, err := DecodeMessage(frame)
	if err != nil {
		panic(err)
	}
	return m
}

// spoil overwrites bytes that a core has only borrowed.
func spoil(b []byte) {
	for i := range b {
		b[i] = '!'
	}
}

// The nodes of a lab. A is the primary to begin with.
const (
	nodeA placement.Incarnation = 0xA
	nodeB placement.Incarnation = 0xB
	nodeC placement.Incarnation = 0xC
)

func newLab(t *testing.T) *lab {
	l := &lab{t: t, now: store.Instant(time.Hour), cores: make(map[placement.Incarnation]*Core),
		pairs: make(map[[2]placement.Incarnation]*Pair), silent: make(map[placement.Incarnation]bool), timing: DefaultTiming()}
	for _, inc := range everyone {
		l.start(inc, 1<<20, DefaultLimits())
	}
	return l
}

// start makes a node's core, in place of one that it had.
func (l *lab) start(inc placement.Incarnation, memory int64, limits Limits) {
	account := store.NewMemory(memory)
	l.t.Cleanup(account.Close)
	l.cores[inc] = New(0, store.New(account), NewNode(inc, account, labPairs{l, inc}, l.timing, limits))
}

// config is a configuration of the lab's partition.
func config(epoch placement.Epoch, primary placement.Incarnation, inSync []placement.Incarnation, learners ...placement.Incarnation) placement.Partition {
	return placement.Partition{Epoch: epoch, Primary: primary, InSync: inSync, Learners: learners}
}

type incs = []placement.Incarnation

// everyone is all nodes, in a fixed order.
var everyone = incs{nodeA, nodeB, nodeC}

// alone makes A the only replica, as at a cluster's birth.
func (l *lab) alone() {
	for _, inc := range everyone {
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
	for _, inc := range everyone {
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
	for _, d := range l.out.Done {
		d.Value = bytes.Clone(d.Value) // the store's, until the core is unlocked
		l.done = append(l.done, d)
	}
	l.behind = max(l.behind, l.out.Behind)
	l.out.Reset()
}

// deliver hands over one letter, which may be one that was kept for later.
func (l *lab) deliver(mail letter) {
	frame := slices.Clone(mail.frame)
	m := decode(frame)
	l.cores[mail.to].Receive(l.now, mail.from, &m, &l.out)
	spoil(frame)
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
		for _, inc := range everyone {
			sent += l.cores[inc].FillChunk(l.now, &l.out)
			l.collect(inc)
		}
		if sent == 0 {
			return
		}
	}
	l.t.Fatal("the cores never stop talking")
}

// round delivers what is on its way now, but not what comes of it.
func (l *lab) round() {
	mail := l.mail
	l.mail = nil
	for _, m := range mail {
		l.deliver(m)
	}
}

// fillOnly fills the learner B, but keeps the news of it from A.
func (l *lab) fillOnly() (news []letter) {
	for !l.cores[nodeB].fill.done {
		l.cores[nodeA].FillChunk(l.now, &l.out)
		l.collect(nodeA)
		if len(l.mail) > 0 {
			next := l.mail[0]
			l.mail = l.mail[1:]
			l.deliver(next)
		}
	}
	return l.lose(nodeA)
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
		for _, inc := range everyone {
			l.tick(inc)
		}
	}
}

func (l *lab) tick(inc placement.Incarnation) {
	l.refresh()
	if c := l.cores[inc]; inc != l.down {
		c.Tick(l.now, &l.out)
		l.collect(inc)
	}
}
