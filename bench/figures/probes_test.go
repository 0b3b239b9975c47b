package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"pikv/client"
	"pikv/placement"
)

// probes write and read one key in every partition, all the time, and check what
// they read: each key has one writer.
type probes struct {
	clients []*client.Client
	keys    []string // by partition
	pace    time.Duration

	mu     sync.Mutex
	begun  time.Time
	last   []time.Time     // of each partition, when an operation last succeeded
	gap    []time.Duration // the longest time between two successes since begun
	ended  []time.Duration // when that gap ended, since begun
	count  int64
	failed int64
	wrong  int64
	texts  []string
}

// newProbes finds a key for every partition.
func newProbes(ctx context.Context, clients []*client.Client, pace time.Duration) (*probes, error) {
	view, err := clients[0].View(ctx)
	if err != nil {
		return nil, err
	}
	n := len(view.Partitions)
	p := &probes{clients: clients, pace: pace, keys: make([]string, n), last: make([]time.Time, n), gap: make([]time.Duration, n), ended: make([]time.Duration, n)}
	for found, i := 0, 0; found < n; i++ {
		key := fmt.Sprintf("probe-%d", i)
		at := placement.PartitionOf([]byte(key), n)
		if p.keys[at] == "" {
			p.keys[at] = key
			found++
		}
	}
	return p, nil
}

// run probes until ctx ends.
func (p *probes) run(ctx context.Context) {
	var all sync.WaitGroup
	p.begin()
	for i := range p.keys {
		all.Go(func() { p.probe(ctx, i) })
	}
	all.Wait()
}

// begin forgets what was measured so far.
func (p *probes) begin() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun = time.Now()
	clear(p.gap)
	clear(p.ended)
	for i := range p.last {
		p.last[i] = p.begun
	}
	return p.begun
}

// probe puts and gets, until ctx ends.
func (p *probes) probe(ctx context.Context, at int) {
	calling := context.WithoutCancel(ctx)
	key, acked, via := p.keys[at], 0, p.clients[at%len(p.clients)]
	first := time.NewTimer(p.pace * time.Duration(at) / time.Duration(len(p.keys))) // not all at once
	defer first.Stop()
	select {
	case <-ctx.Done():
		return
	case <-first.C:
	}
	rest := time.NewTicker(p.pace)
	defer rest.Stop()
	for tried := 1; ctx.Err() == nil; tried++ {
		_, err := via.Put(calling, key, fmt.Appendf(nil, "%d", tried))
		if err == nil {
			acked = tried
		}
		p.note(at, err, "")
		got, err := via.Get(calling, key)
		var n int
		switch {
		case err == nil:
			if _, scan := fmt.Sscan(string(got), &n); scan != nil || n < acked || n > tried {
				p.note(at, nil, fmt.Sprintf("%s is %q, but %d was acknowledged", key, got, acked))
			} else {
				acked = n
				p.note(at, nil, "")
			}
		case errors.Is(err, client.ErrNotFound) && acked == 0:
			p.note(at, nil, "")
		default:
			p.note(at, err, "")
		}
		select {
		case <-ctx.Done():
		case <-rest.C:
		}
	}
}

// note records that an operation ended.
func (p *probes) note(at int, err error, wrong string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	text := wrong
	switch {
	case wrong != "":
		p.wrong++
	case err != nil:
		p.failed++
		text = err.Error()
	default:
		now := time.Now()
		if gap := now.Sub(p.last[at]); gap > p.gap[at] {
			p.gap[at], p.ended[at] = gap, now.Sub(p.begun)
		}
		p.last[at] = now
	}
	if text != "" && len(p.texts) < 5 {
		p.texts = append(p.texts, text)
	}
}

// worst returns, of the partitions, the latest end of an outage since the
// fault: the end of the longest time without a success, if that was longer than
// any healthy one.
func (p *probes) worst(partitions []placement.PartitionID, healthy time.Duration, fault time.Time) (worst time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	late := fault.Sub(p.begun)
	for _, at := range partitions {
		if p.gap[at] > healthy {
			worst = max(worst, p.ended[at]-late)
		}
		if since := time.Since(p.last[at]); since > p.gap[at] && since > healthy {
			worst = max(worst, time.Since(fault)) // it has not ended yet
		}
	}
	return worst
}
