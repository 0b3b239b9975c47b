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

// spareTimelines is how often at most a timeline is watched again because too much of the
// processor time was stolen: each takes half a minute.
const spareTimelines = 2

// timeline is what was seen of an event.
type timeline struct {
	seen, moments []study.Sample
	mark          string // why it is suspect; "" if it is not
}

// watch watches the event of s, and puts what it saw into the folder.
func (r *Runner) watch(ctx context.Context, s study.Step) error {
	best, err := calmest(func() (timeline, error) { return r.watchOnce(ctx, s) })
	if err != nil {
		return err
	}
	return r.keep(s, best)
}

// calmest is calm for timelines.
func calmest(watch func() (timeline, error)) (timeline, error) {
	spare := spareTimelines
	best, _, err := calm(&spare, watch, func(w timeline) loss { return loss{study.Stolen(w.seen), w.mark != ""} })
	return best, err
}

// keep puts a timeline of s into the folder, in place of one that a try which failed in the
// end may have left there.
func (r *Runner) keep(s study.Step, best timeline) error {
	all, err := study.ReadTimeline(r.Dir)
	if err != nil {
		return inFolder(err)
	}
	all = slices.DeleteFunc(all, func(old study.Sample) bool {
		return old.Target == r.target && old.Mode == s.Mode && old.Event == s.Event
	})
	own := slices.Concat(best.seen, best.moments)
	slices.SortStableFunc(own, func(a, b study.Sample) int { return int(a.At - b.At) })
	for _, sample := range own {
		sample.Target, sample.Mode, sample.Event, sample.Mark = r.target, s.Mode, s.Event, best.mark
		all = append(all, sample)
	}
	return inFolder(study.WriteTimeline(r.Dir, all))
}

// watchOnce watches the event of s, from a cluster of its own. Simulated computers are not
// dilated: the nodes' own clocks are not, which decide how soon a death is noticed.
func (r *Runner) watchOnce(ctx context.Context, s study.Step) (w timeline, err error) {
	if err := r.stop(); err != nil {
		return w, err
	}
	workers := s.Workers
	if s.Event == study.Join || s.Event == study.Wake {
		workers-- // the last comes later
	}
	if err := r.start(ctx, stage.Wanted{Store: s.Store, Workers: workers, Replicas: s.Replicas, Undilated: true}); err != nil {
		return w, err
	}
	cluster, changes := r.cluster.(stage.Changing)
	if !changes {
		return w, stage.ErrNotHere
	}
	if err := cluster.Prepare(ctx, s.Event); err != nil {
		return w, err
	}
	clients, err := cluster.Connect(ctx, s.Clients, s.Mode)
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, clients.Close(), r.stop()) }()
	b, err := bench.New(clients.Stores, workload(s, 0, 1))
	if err != nil {
		return w, err
	}
	if _, err := b.Load(ctx); err != nil {
		return w, err
	}
	return observe(ctx, cluster, clients.Stores, s)
}

// observe makes requests at the rate of s, has the event happen after a fifth of the
// time, and returns what was seen in each slot, what was done when, and why that is
// suspect, if it is.
func observe(ctx context.Context, cluster stage.Changing, stores []bench.Store, s study.Step) (w timeline, err error) {
	load := workload(s, 1, 1)
	// As many callers as there are requests in a second: those that wait for a worker
	// which is gone do not hold up those for the others.
	load.Rate, load.Clients = s.Rate, max(s.Clients, int(s.Rate))
	b, err := bench.New(stores, load)
	if err != nil {
		return w, err
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
			w.moments = append(w.moments, study.Sample{At: millis(at), Moment: what})
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
		return w, err
	}
	if failed != nil {
		w.mark = fmt.Sprintf("to %s a worker failed: %v", s.Event, failed)
	}
	victim, _, _ := strings.Cut(what, " ")
	if lost := cluster.Lost(ctx); lost != "" && (s.Event != study.Kill || lost != victim) {
		w.mark = "a node was lost: " + lost
	}
	w.seen = o.samples()
	return w, nil
}
