package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pikv/bench/checked"
)

// The load of the moves figure.
const (
	moveKeys     = 200_000
	moveValue    = 128
	moveCallers  = 64               // of the closed loop
	moveWriters  = 1024             // of the open loop: so many that a late answer holds up hardly another request
	moveCapacity = 10 * time.Second // the closed loop that finds the capacity
	moveBefore   = 20 * time.Second // at half of it, before anything moves
	moveBetween  = 5 * time.Second  // between the join and the drain
)

// movesFigure measures what clients see while a fourth worker joins and is
// drained again.
func movesFigure(ctx context.Context) (string, error) {
	c, err := startCluster(ctx, 3)
	if err != nil {
		return "", err
	}
	defer c.close()
	o := checked.Options{Keys: moveKeys, ValueSize: moveValue, Writers: moveCallers, ReadShare: 0.5, Seed: 1}
	closed := checked.New(c.client, o)
	if err := closed.Fill(ctx); err != nil {
		return "", err
	}
	closed.Phase("capacity")
	part, cancel := context.WithTimeout(ctx, moveCapacity)
	closed.Run(part)
	cancel()
	capacity := closed.Phase("").PerSecond()

	o.Rate, o.Writers = capacity/2, moveWriters
	load := checked.New(c.client, o)
	if err := load.Fill(ctx); err != nil {
		return "", err
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
		return "", err
	}
	joined, joining, err := during(load, "join", func() (time.Duration, error) {
		if _, err := c.addWorker(ctx); err != nil {
			return 0, err
		}
		return c.settled(ctx, 4)
	})
	if err != nil {
		return "", err
	}
	before := joining.before
	if err := pass(ctx, moveBetween); err != nil {
		return "", err
	}
	drained, draining, err := during(load, "drain", func() (time.Duration, error) {
		return drain(ctx, c, "w4")
	})
	if err != nil {
		return "", err
	}
	stop()
	<-done
	if err := load.Verify(ctx); err != nil {
		return "", err
	}
	failed, wrong, texts := load.Problems()

	var b strings.Builder
	fmt.Fprintf(&b, "%d keys of %d bytes on 3 workers, one client, half reads; capacity in a closed loop of %d callers %.0f/s, "+
		"then an open loop of %d callers at %.0f/s. A fourth worker joins and is drained again.\n\n", moveKeys, moveValue, moveCallers, capacity, moveWriters, o.Rate)
	b.WriteString("| | goal | measured |\n|---|---|---|\n")
	fmt.Fprintf(&b, "| failed requests | 0 | %d |\n| lost, stale or wrong values, also key by key afterwards | 0 | %d |\n", failed, wrong)
	fmt.Fprintf(&b, "| join: moved within | 30 s | %.1f s |\n| drain: moved within | 30 s | %.1f s |\n", joined.Seconds(), drained.Seconds())
	fmt.Fprintf(&b, "| p99 before | | %s (p50 %s, p99.9 %s) |\n", ms(before.At(99)), ms(before.At(50)), ms(before.At(99.9)))
	for _, p := range []*checked.Phase{joining.phase, draining.phase} {
		fmt.Fprintf(&b, "| p99 during the %s | at most 3 x before | %s = %.1f x (p50 %s, p99.9 %s, %.0f/s) |\n", p.Name,
			ms(p.At(99)), float64(p.At(99))/float64(before.At(99)), ms(p.At(50)), ms(p.At(99.9)), p.PerSecond())
	}
	for _, text := range texts {
		fmt.Fprintf(&b, "\n- %s", text)
	}
	return b.String(), nil
}

// phases are the one under way and the one before it.
type phases struct{ before, phase *checked.Phase }

// during runs step as a phase of its own.
func during(load *checked.Load, name string, step func() (time.Duration, error)) (time.Duration, phases, error) {
	before := load.Phase(name)
	took, err := step()
	return took, phases{before, load.Phase("after " + name)}, err
}

func drain(ctx context.Context, c *cluster, node string) (time.Duration, error) {
	begin := time.Now()
	for {
		left, err := c.client.Drain(ctx, node)
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

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }
