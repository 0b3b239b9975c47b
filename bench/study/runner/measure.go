package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"pikv/bench"
	"pikv/bench/proc"
	"pikv/bench/study"
	"pikv/bench/study/stage"
)

// measure measures the repeats of s from have on, all with the same clients, and
// returns how many. It ends early when a node is lost: then the repeat is marked, and the
// cluster given up.
func (r *Runner) measure(ctx context.Context, s study.Step, have int) (n int, err error) {
	clients, stores, err := r.clients(ctx, s)
	if err != nil {
		return r.unmeasured(ctx, s, have, err)
	}
	r.failures = 0
	defer func() {
		if closeErr := clients.Close(); r.cluster != nil { // else they lost their cluster
			err = errors.Join(err, closeErr)
		}
	}()
	spare := max(1, s.Repeats/2)
	for have+n < s.Repeats {
		repeat := have + n + 1
		r.Begin(s, repeat)
		p, tries, err := calm(&spare, func() (study.Point, error) { return r.repeat(ctx, s, stores, repeat) }, lossOf)
		if err != nil {
			return n, err
		}
		p.Tries = tries
		lost := r.cluster.Lost(ctx)
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		if lost != "" {
			p.Mark = "a node was lost: " + lost
		}
		if err := r.points.Append(p); err != nil {
			return n, inFolder(err)
		}
		n++
		r.End(s)
		if lost != "" {
			r.giveUp()
			return n, nil
		}
	}
	return n, nil
}

// clients makes the clients of s, and the keys that are to be there before.
func (r *Runner) clients(ctx context.Context, s study.Step) (clients *stage.Clients, stores []bench.Store, err error) {
	if clients, err = r.cluster.Connect(ctx, s.Clients, s.Mode); err != nil {
		return nil, nil, err
	}
	if stores, err = r.stores(ctx, s, clients); err == nil && s.Op != study.Put {
		err = r.load(ctx, s, stores)
	}
	if err != nil {
		return nil, nil, errors.Join(err, clients.Close())
	}
	return clients, stores, nil
}

// load writes the keys of s.
func (r *Runner) load(ctx context.Context, s study.Step, stores []bench.Store) error {
	b, err := bench.New(stores, workload(s, 0, r.cluster.Dilation()))
	if err != nil {
		return err
	}
	_, err = b.Load(ctx)
	return err
}

// stores are the clients, with the keys that s wants.
func (r *Runner) stores(ctx context.Context, s study.Step, clients *stage.Clients) ([]bench.Store, error) {
	if !s.Even {
		return clients.Stores, nil
	}
	names, owner, err := r.cluster.Owners(ctx)
	if err != nil {
		return nil, err
	}
	return stage.Choose(clients.Stores, s.Keys, len(names), owner)
}

// workload returns what is asked of the store in a repeat of s.
func workload(s study.Step, repeat int, dilation float64) bench.Workload {
	w := bench.Workload{
		Clients: s.Clients, Requests: s.Requests, Duration: time.Duration(float64(s.Duration) * dilation),
		ValueSize: s.ValueBytes, Keys: s.Keys, Prefix: stage.Prefix, Proxy: s.Mode == study.Proxied, Seed: uint64(repeat),
	}
	switch s.Op {
	case study.Get:
		w.ReadShare = 1
	case study.Mix:
		w.ReadShare = 0.5
	}
	if s.Once {
		w.Requests = int64(s.Keys)
	}
	return w
}

// repeat measures one repeat.
func (r *Runner) repeat(ctx context.Context, s study.Step, stores []bench.Store, repeat int) (study.Point, error) {
	b, err := bench.New(stores, workload(s, repeat, r.cluster.Dilation()))
	if err != nil {
		return study.Point{}, err
	}
	run := b.Run
	if s.Once {
		run = b.WriteAll
	}
	p := s.Point()
	p.Target, p.Repeat, p.Started = r.target, repeat, time.Now()
	before, err := r.look(ctx)
	if err != nil {
		return p, err
	}
	res, err := run(ctx)
	if err != nil {
		return p, err
	}
	after, err := r.look(ctx)
	if err != nil {
		return p, err
	}
	fill(&p, res, r.cluster.Dilation())
	if err := errors.Join(before.unknown, after.unknown); err != nil && p.Mark == "" {
		p.Mark = fmt.Sprintf("what the nodes used is not known: %v", err)
	}
	// Of a node that was lost meanwhile nothing is known.
	p.MasterCPU = max(0, (after.used.Master - before.used.Master).Seconds())
	p.WorkerCPU = max(0, (after.used.Workers - before.used.Workers).Seconds())
	p.CPU = p.MasterCPU + p.WorkerCPU
	p.GeneratorShare = (after.own - before.own).Seconds() / (res.Elapsed.Seconds() * r.Stage.Cores())
	p.Steal, p.Idle = after.steal.SurelySince(before.steal), after.steal.IdleSince(before.steal)
	p.Others = after.othersSince(before)
	p.Pace = float64(r.pace.Median(p.Started, time.Now())) / float64(time.Microsecond)
	return p, nil
}

// fill sets what the requests have shown, scaled back.
func fill(p *study.Point, res bench.Result, dilation float64) {
	p.Dilation = dilation
	p.Elapsed = res.Elapsed.Seconds() / dilation
	p.Ops, p.Failed = res.All.Count-res.Missing, res.Errors+res.Missing
	p.Mean, p.P50 = res.All.MeanUS/dilation, float64(res.All.P50US)/dilation
	p.P99, p.Max = float64(res.All.P99US)/dilation, float64(res.All.MaxUS)/dilation
	var why []string
	for text, n := range res.ErrorTexts {
		why = append(why, fmt.Sprintf("%d x %s", n, text))
	}
	slices.Sort(why)
	switch {
	case len(why) > 0:
		p.Mark = fmt.Sprintf("%d requests failed: %s", res.Errors, why[0])
	case res.Missing > 0:
		p.Mark = fmt.Sprintf("%d reads found nothing", res.Missing)
	}
}

// look is a reading of the counters of processor time.
type look struct {
	used    stage.Used
	unknown error // why used is not known; the rest is
	own     time.Duration
	steal   proc.Steal
}

func (r *Runner) look(ctx context.Context) (l look, err error) {
	l.used, l.unknown = r.cluster.CPU(ctx)
	if l.own, err = proc.CPU(os.Getpid()); err != nil {
		return l, err
	}
	l.steal, err = proc.ReadSteal()
	return l, err
}

// shortest is the least processor time of the machine of which ticks of 10 ms tell what
// others took: off by a percent or two.
const shortest = time.Second

// othersSince returns the percentage of the processor time that went to what is neither
// store nor generator, negative if it is not known.
func (l look) othersSince(before look) float64 {
	total := l.steal.TotalSince(before.steal)
	if total < shortest || l.unknown != nil || before.unknown != nil {
		return -1
	}
	ours := l.own - before.own + l.used.Master - before.used.Master + l.used.Workers - before.used.Workers
	return max(0, 100*(1-ours.Seconds()/total.Seconds())-l.steal.IdleSince(before.steal)-l.steal.Since(before.steal))
}
