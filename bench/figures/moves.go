package main

import (
	"context"
	"time"

	"pikv/bench/checked"
	"pikv/bench/nodes"
	"pikv/bench/proc"
)

// The load of the moves figure.
const (
	moveKeys     = 200_000
	moveValue    = 128
	moveCallers  = 64               // of the closed loop
	moveWriters  = 1024             // of the open loop: so many that a late answer holds up hardly another request
	moveCapacity = 10 * time.Second // the closed loop that finds the capacity
	moveBefore   = 20 * time.Second // at half of it, before anything moves
	moveRounds   = 3
	moveBetween  = 5 * time.Second // between the join and the drain
)

// moveRound is what one round measured.
type moveRound struct {
	capacity, rate  float64
	joined, drained time.Duration
	before          *checked.Phase
	joining         *checked.Phase
	draining        *checked.Phase
	failed, wrong   int64
	texts           []string
	stolen          float64 // percent
}

// movesFigure measures what clients see while a fourth worker joins and is
// drained again, each round in a new cluster.
func movesFigure(ctx context.Context) (*sheet, error) {
	var rounds []moveRound
	for range moveRounds {
		r, err := measureMoves(ctx)
		if err != nil {
			return nil, err
		}
		rounds = append(rounds, r)
	}
	s := newSheet()
	s.say("%d keys of %d bytes on 3 workers, one replica, one client, half reads. Capacity: a closed loop of %d callers. Then an open loop of %d callers "+
		"at half of it, while a fourth worker joins and is drained again. %d rounds, each in a new cluster; 1024 partitions.\n\n",
		moveKeys, moveValue, moveCallers, moveWriters, moveRounds)
	var rows []tableRow
	line := func(name, goal, format string, of func(moveRound) float64) {
		row := tableRow{name: name, goal: goal, format: format}
		for _, r := range rounds {
			row.values = append(row.values, of(r))
		}
		rows = append(rows, row)
	}
	p99 := func(p *checked.Phase) float64 { return float64(p.At(99)) / float64(time.Millisecond) }
	line("failed requests", "0", "%.0f", func(r moveRound) float64 { return float64(r.failed) })
	line("lost, stale or wrong values, also key by key afterwards", "0", "%.0f", func(r moveRound) float64 { return float64(r.wrong) })
	line("join: moved within", "30 s", "%.1f s", func(r moveRound) float64 { return r.joined.Seconds() })
	line("drain: moved within", "30 s", "%.1f s", func(r moveRound) float64 { return r.drained.Seconds() })
	line("p99 during the join : p99 before", "at most 3", "%.1f", func(r moveRound) float64 { return p99(r.joining) / p99(r.before) })
	line("p99 during the drain : p99 before", "at most 3", "%.1f", func(r moveRound) float64 { return p99(r.draining) / p99(r.before) })
	line("p99 before", "", "%.1f ms", func(r moveRound) float64 { return p99(r.before) })
	line("p99 during the join", "", "%.1f ms", func(r moveRound) float64 { return p99(r.joining) })
	line("p99 during the drain", "", "%.1f ms", func(r moveRound) float64 { return p99(r.draining) })
	line("capacity", "", "%.0f/s", func(r moveRound) float64 { return r.capacity })
	line("stolen by other tenants of the machine", "", "%.1f %%", func(r moveRound) float64 { return r.stolen })
	s.table("a join and a drain", rows...)
	for _, r := range rounds {
		for _, text := range r.texts {
			s.say("\n- %s", text)
		}
	}
	return s, nil
}

// measureMoves is one round.
func measureMoves(ctx context.Context) (r moveRound, err error) {
	c, err := startCluster(ctx, 3, 1)
	if err != nil {
		return r, err
	}
	defer end(c)
	o := checked.Options{Keys: moveKeys, ValueSize: moveValue, Writers: moveCallers, ReadShare: 0.5, Seed: 1}
	if r.capacity, err = capacity(ctx, c, o); err != nil {
		return r, err
	}
	r.rate = r.capacity / 2
	o.Rate, o.Writers = r.rate, moveWriters
	load := checked.New(c.Client, o)
	if err := load.Fill(ctx); err != nil {
		return r, err
	}
	steal, err := proc.ReadSteal()
	if err != nil {
		return r, err
	}
	loading, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		load.Run(loading)
	}()
	defer func() { stop(); <-done }()

	load.Phase("before")
	if err := pass(ctx, moveBefore); err != nil {
		return r, err
	}
	var joining, draining phases
	r.joined, joining, err = during(load, "join", func() (time.Duration, error) {
		if _, err := c.AddWorker(ctx); err != nil {
			return 0, err
		}
		return c.Settled(ctx, 4)
	})
	if err != nil {
		return r, err
	}
	if err := pass(ctx, moveBetween); err != nil {
		return r, err
	}
	r.drained, draining, err = during(load, "drain", func() (time.Duration, error) { return drain(ctx, c, "w4") })
	if err != nil {
		return r, err
	}
	stop()
	<-done
	after, err := proc.ReadSteal()
	if err != nil {
		return r, err
	}
	r.before, r.joining, r.draining, r.stolen = joining.before, joining.phase, draining.phase, after.Since(steal)
	err = load.Verify(ctx)
	r.failed, r.wrong, r.texts = load.Problems()
	return r, err
}

// capacity is the throughput of a closed loop.
func capacity(ctx context.Context, c *nodes.Cluster, o checked.Options) (float64, error) {
	load := checked.New(c.Client, o)
	if err := load.Fill(ctx); err != nil {
		return 0, err
	}
	load.Phase("capacity")
	part, cancel := context.WithTimeout(ctx, moveCapacity)
	defer cancel()
	load.Run(part)
	return load.Phase("").PerSecond(), ctx.Err()
}

// phases are the one under way and the one before it.
type phases struct{ before, phase *checked.Phase }

// during runs step as a phase of its own.
func during(load *checked.Load, name string, step func() (time.Duration, error)) (time.Duration, phases, error) {
	before := load.Phase(name)
	took, err := step()
	return took, phases{before, load.Phase("after " + name)}, err
}

func drain(ctx context.Context, c *nodes.Cluster, node string) (time.Duration, error) {
	begin := time.Now()
	for {
		left, err := c.Client.Drain(ctx, node)
		if err != nil || left == 0 {
			return time.Since(begin), err
		}
		if err := pass(ctx, 100*time.Millisecond); err != nil {
			return 0, err
		}
	}
}

func pass(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
