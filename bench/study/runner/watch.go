package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"pikv/bench"
	"pikv/bench/study"
	"pikv/bench/study/stage"
)

// watch watches the event of s from a cluster of its own, and adds what it saw to
// the folder. Simulated computers are not dilated: the nodes' own clocks are not, which
// decide how soon a death is noticed.
func (r *Runner) watch(ctx context.Context, s study.Step) (err error) {
	if err := r.stop(); err != nil {
		return err
	}
	workers := s.Workers
	if s.Event == study.Join || s.Event == study.Wake {
		workers-- // the last comes later
	}
	if err := r.start(ctx, stage.Wanted{Store: s.Store, Workers: workers, Replicas: s.Replicas, Undilated: true}); err != nil {
		return err
	}
	cluster, changes := r.cluster.(stage.Changing)
	if !changes {
		return stage.ErrNotHere
	}
	if err := cluster.Prepare(ctx, s.Event); err != nil {
		return err
	}
	clients, err := cluster.Connect(ctx, s.Clients, s.Mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clients.Close(), r.stop()) }()
	b, err := bench.New(clients.Stores, workload(s, 0, 1))
	if err != nil {
		return err
	}
	if _, err := b.Load(ctx); err != nil {
		return err
	}
	seen, moments, mark, err := observe(ctx, cluster, clients.Stores, s)
	if err != nil {
		return err
	}
	all, err := study.ReadTimeline(r.Dir)
	if err != nil {
		return err
	}
	for _, sample := range slices.Concat(seen, moments) {
		sample.Target, sample.Mode, sample.Event, sample.Mark = r.target, s.Mode, s.Event, mark
		all = append(all, sample)
	}
	own := all[len(all)-len(seen)-len(moments):]
	slices.SortStableFunc(own, func(a, b study.Sample) int { return int(a.At - b.At) })
	return study.WriteTimeline(r.Dir, all)
}

// observe makes requests at the rate of s, has the event happen after a fifth of the
// time, and returns what was seen in each slot, what was done when, and why it is
// suspect, if it is.
func observe(ctx context.Context, cluster stage.Changing, stores []bench.Store, s study.Step) (seen, moments []study.Sample, mark string, err error) {
	w := workload(s, 1, 1)
	// As many callers as there are requests in a second: those that wait for a worker
	// which is gone do not hold up those for the others.
	w.Rate, w.Clients = s.Rate, max(s.Clients, int(s.Rate))
	b, err := bench.New(stores, w)
	if err != nil {
		return nil, nil, "", err
	}
	o := newObserver(s.Duration, s.Rate)
	b.Watch(o.ended)
	var beside sync.WaitGroup
	var failed, stealErr error
	var what string
	beside.Go(func() {
		select {
		case <-time.After(s.Duration / 5):
		case <-ctx.Done():
			return
		}
		at := time.Since(o.begin)
		what, failed = cluster.Do(ctx, s.Event)
		if s.Event == study.Join {
			at = time.Since(o.begin) // when it had started
		}
		if failed == nil {
			moments = append(moments, study.Sample{At: millis(at), Moment: what})
		}
	})
	running, stop := context.WithCancel(ctx)
	defer stop()
	var watching sync.WaitGroup
	watching.Go(func() { stealErr = o.watchSteal(running) })
	_, err = b.Run(ctx)
	beside.Wait()
	stop()
	watching.Wait()
	if err := errors.Join(err, ctx.Err(), stealErr); err != nil {
		return nil, nil, "", err
	}
	if failed != nil {
		mark = fmt.Sprintf("to %s a worker failed: %v", s.Event, failed)
	}
	victim, _, _ := strings.Cut(what, " ")
	if lost := cluster.Lost(ctx); lost != "" && (s.Event != study.Kill || lost != victim) {
		mark = "a node was lost: " + lost
	}
	return o.samples(), moments, mark, nil
}
