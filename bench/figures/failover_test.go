package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/placement"
	"pikv/rpcclient"
	"pikv/testcluster"
	"pikv/wire"
)

// The failover figure.
const (
	failoverWorkers = 4
	failoverTrials  = 20                     // of each fault
	failoverPace    = 400 * time.Millisecond // between a partition's probes
	failoverHealthy = 700 * time.Millisecond // no time between two successes is longer while nothing is wrong
	failoverWatch   = 4 * time.Second        // after the fault
	lossTime        = 60 * time.Second
)

// failover is the figure at work.
type failover struct {
	t       *testing.T
	c       *testcluster.Cluster
	clients []*client.Client
	probes  *probes
}

func TestNetnsFigureFailover(t *testing.T) {
	c := figureCluster(t, testcluster.Options{Workers: failoverWorkers, Replicas: 2, Partitions: 1024, MaxMemory: 256 << 20})
	f := &failover{t: t, c: c, clients: clientsOf(c, 4)}
	var err error
	f.probes, err = newProbes(t.Context(), f.clients, failoverPace, failoverHealthy)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); f.probes.run(ctx) }()
	defer func() { cancel(); <-done }()
	f.wait(3 * time.Second)

	killed, cut, paused := tableRow{name: "kill -9", goal: "worst at most 1.5 s", format: "%.2f s"},
		tableRow{name: "cable cut", goal: "worst at most 3 s", format: "%.2f s"}, tableRow{name: "SIGSTOP", format: "%.2f s"}
	for trial := range failoverTrials {
		name := fmt.Sprintf("w%d", 1+trial%failoverWorkers)
		killed.values = append(killed.values, f.trial(name, func() { c.Kill(name) }, func() { c.Restart(name) }))
		cut.values = append(cut.values, f.trial(name, func() { c.Isolate(name) }, func() { c.Connect(name) }))
		t.Logf("trial %d: kill -9 of %s %.2f s, cable cut %.2f s", trial, name, killed.values[trial], cut.values[trial])
	}
	var led, backed lateReads
	for trial := range failoverTrials {
		took, asPrimary, asBackup := f.pauseTrial(fmt.Sprintf("w%d", 1+trial%failoverWorkers))
		paused.values = append(paused.values, took)
		led.add(asPrimary)
		backed.add(asBackup)
		t.Logf("trial %d: SIGSTOP %.2f s, late reads: %v; %v", trial, took, &asPrimary, &asBackup)
	}
	lossText := f.loss()
	cancel()
	<-done

	p := f.probes
	s := newSheet()
	s.say("1 master and %d workers on hosts of their own, 1024 partitions, R=2. The load is a put and a get of a key of each partition every %v "+
		"and checks every value. %d trials each of kill -9, a cut cable and SIGSTOP for 10 s. The time counts from the fault until the last of all the partitions of which the worker held a "+
		"replica serves again for good: the end of the last time between two of its successes that is longer than %v.\n\n",
		failoverWorkers, failoverPace, failoverTrials, failoverHealthy)
	s.table("until all partitions serve again", killed, cut, paused)
	s.say("\n- of %d operations in all %d failed and %d read a wrong or stale value\n", p.count, p.failed, p.wrong)
	const waited = "- requests that waited in a paused worker until it was resumed, after their keys had been written elsewhere, of partitions where it was"
	s.say("%s primary: %v\n%s backup: %v\n", waited, &led, waited, &backed)
	s.say("%s", lossText)
	for _, text := range p.texts {
		s.say("- %s\n", text)
	}
	require.Zero(t, p.wrong, p.texts)
	report(t, s)
}

// wait lets time pass; the load goes on.
func (f *failover) wait(d time.Duration) {
	require.NoError(f.t, pass(f.t.Context(), d))
}

// held returns the partitions that have a replica on the worker.
func (f *failover) held(name string) (held []placement.PartitionID) {
	led, backed := f.roles(name)
	return append(led, backed...)
}

// roles returns the partitions that the worker is primary of, and those of which
// it has another replica.
func (f *failover) roles(name string) (led, backed []placement.PartitionID) {
	view, err := f.clients[0].View(f.t.Context())
	require.NoError(f.t, err)
	for _, n := range view.Nodes {
		if n.Name != name {
			continue
		}
		for p := range view.Partitions {
			switch id := placement.PartitionID(p); {
			case view.Partitions[p].Primary == n.Incarnation:
				led = append(led, id)
			case view.Holds(id, n.Incarnation):
				backed = append(backed, id)
			}
		}
	}
	require.NotEmpty(f.t, led)
	require.NotEmpty(f.t, backed)
	return led, backed
}

// trial does one fault, waits, heals, and returns the seconds until all served.
func (f *failover) trial(name string, fault, heal func()) float64 {
	held := f.held(name)
	f.probes.begin()
	f.wait(2 * failoverPace)
	at := time.Now()
	fault()
	f.wait(failoverWatch)
	worst := f.probes.worst(held, at)
	heal()
	f.c.WaitSettled()
	f.wait(2 * time.Second)
	return worst.Seconds()
}

// pauseTrial pauses a worker for ten seconds. Meanwhile it is sent reads, behind
// the load's back, of keys that are being written elsewhere by then; what it
// makes of them when it goes on must not be an old value: least of all of the
// partitions that it was primary of. It returns the seconds until
// all served elsewhere, and what became of the reads of those and of the others.
func (f *failover) pauseTrial(name string) (seconds float64, asPrimary, asBackup lateReads) {
	t := f.t
	led, backed := f.roles(name)
	held := slices.Concat(led, backed)
	for _, p := range held {
		_, err := f.clients[1].Put(t.Context(), f.pausedKey(p), []byte("old"))
		require.NoError(t, err)
	}
	f.probes.begin()
	f.wait(2 * failoverPace)
	conn, err := rpcclient.Dial(t.Context(), f.c.Node(name).RPC, rpcclient.Config{Dialer: f.c.Dialer(), Limits: wire.DefaultLimits()})
	require.NoError(t, err)
	defer conn.Close()
	at := time.Now()
	f.c.Pause(name)
	f.wait(4 * time.Second)
	worst := f.probes.worst(held, at)

	// By now all is served elsewhere: what these keys held before is old.
	type answer struct {
		of    *lateReads
		key   string
		value string
		found bool
		err   error
	}
	reading, cancel := context.WithTimeout(t.Context(), 30*time.Second) // it may also not answer at all
	defer cancel()
	answers := make(chan answer, len(held))
	for i, p := range held {
		key, of := f.pausedKey(p), &asPrimary
		if i >= len(led) {
			of = &asBackup
		}
		_, err := f.clients[1].Put(t.Context(), key, []byte("new"))
		require.NoError(t, err)
		go func() {
			a := answer{of: of, key: key}
			a.err = conn.Call(reading, wire.MethodGet,
				func(buf []byte) []byte { return wire.AppendGet(buf, []byte(key), wire.Options{}) },
				func(d *wire.Decoder) error {
					value, found, err := wire.DecodeGetResult(d)
					a.value, a.found = string(value), found
					return err
				})
			answers <- a
		}()
	}
	f.wait(time.Until(at.Add(10 * time.Second)))
	f.c.Resume(name)
	for range held {
		a := <-answers
		if _, ok := errors.AsType[*wire.Error](a.err); ok {
			a.of.refused++
			continue
		}
		if a.err != nil {
			a.of.failed++
			continue
		}
		require.True(t, a.found, "%s was written before it was read", a.key)
		require.Equal(t, "new", a.value, "a stale read of %s", a.key)
		a.of.values++
	}
	f.c.WaitSettled()
	f.wait(2 * time.Second)
	return worst.Seconds(), asPrimary, asBackup
}

// lateReads counts what became of the reads that waited in a paused worker.
type lateReads struct {
	values  int // answered with a value, which was not old
	refused int // answered with an error: a redirect, mostly
	failed  int // not answered
}

func (l *lateReads) add(more lateReads) {
	l.values += more.values
	l.refused += more.refused
	l.failed += more.failed
}

func (l *lateReads) String() string {
	if l.values+l.refused == 0 {
		return fmt.Sprintf("%d, of which none was answered at all: %d failed", l.failed, l.failed)
	}
	old := ""
	if l.values > 0 {
		old = ", none of them old"
	}
	return fmt.Sprintf("%d, of which %d were answered with a value%s, %d were refused and %d failed",
		l.values+l.refused+l.failed, l.values, old, l.refused, l.failed)
}

// pausedKey is a key of the partition: the tag decides that.
func (f *failover) pausedKey(p placement.PartitionID) string {
	return fmt.Sprintf("paused{%s}", f.probes.keys[p])
}

// loss loses 5 % of all packets for a minute and says what came of it.
func (f *failover) loss() string {
	t, p := f.t, f.probes
	view, err := f.clients[0].View(t.Context())
	require.NoError(t, err)
	p.begin()
	failed := p.failedSoFar()
	f.c.Lose(50)
	epochs := []placement.Epoch{view.Epoch}
	for range 6 {
		f.wait(lossTime / 6)
		if view, err = f.clients[0].View(t.Context()); err != nil {
			t.Logf("under loss: %v", err)
		}
		epochs = append(epochs, view.Epoch)
	}
	var held []placement.PartitionID
	for i := range p.keys {
		held = append(held, placement.PartitionID(i))
	}
	longest := p.longest(held)
	failed = p.failedSoFar() - failed
	f.c.Lose(0)
	begin := time.Now()
	f.c.WaitSynced()
	changes := make([]string, 0, len(epochs))
	for i := 1; i < len(epochs); i++ {
		changes = append(changes, fmt.Sprint(epochs[i]-epochs[i-1]))
	}
	return fmt.Sprintf("- 5 %% of all packets lost for %v: %d operations failed, the longest time without a success in any partition was %.2f s; "+
		"new views in each sixth of the time: %s; all in sync %.1f s after the end\n",
		lossTime, failed, longest.Seconds(), strings.Join(changes, ", "), time.Since(begin).Seconds())
}

func (p *probes) failedSoFar() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// longest returns the longest time without a success.
func (p *probes) longest(partitions []placement.PartitionID) (longest time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, at := range partitions {
		longest = max(longest, p.gap[at], time.Since(p.last[at]))
	}
	return longest
}
