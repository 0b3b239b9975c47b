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
	healthy time.Duration // a longer time without a success is an outage

	mu     sync.Mutex
	begun  time.Time
	last   []time.Time     // of each partition, when an operation last succeeded
	gap    []time.Duration // the longest time between two successes since begun
	ended  []time.Duration // when the last outage ended, since begun
	count  int64
	failed int64
	wrong  int64
	texts  []string
}

// newProbes finds a key for every partition.
func newProbes(ctx context.Context, clients []*client.Client, pace, healthy time.Duration) (*probes, error) {
	view, err := clients[0].View(ctx)
	if err != nil {
		return nil, err
	}
	n := len(view.Partitions)
	p := &probes{clients: clients, pace: pace, healthy: healthy, keys: make([]string, n), last: make([]time.Time, n), gap: make([]time.Duration, n), ended: make([]time.Duration, n)}
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
		p.succeeded(at, time.Now())
	}
	if text != "" && len(p.texts) < 5 {
		p.texts = append(p.texts, text)
	}
}

// succeeded notes a success. The caller holds mu.
func (p *probes) succeeded(at int, now time.Time) {
	gap := now.Sub(p.last[at])
	p.gap[at] = max(p.gap[at], gap)
	if gap > p.healthy {
		p.ended[at] = now.Sub(p.begun)
	}
	p.last[at] = now
}

// worst returns how long after the fault operations succeeded for good in all of
// the partitions: when the last outage of any of them ended. That may be a later
// and shorter one than the first. One that has not ended counts until now.
func (p *probes) worst(partitions []placement.PartitionID, fault time.Time) (worst time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	late := fault.Sub(p.begun)
	for _, at := range partitions {
		worst = max(worst, p.ended[at]-late)
		if time.Since(p.last[at]) > p.healthy {
			worst = max(worst, time.Since(fault))
		}
	}
	return worst
}
