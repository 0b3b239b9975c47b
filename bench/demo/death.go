package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pikv/wire"
)

// counter is the key that the demo counts with.
const counter = "visitors"

// die kills a worker while a load and a counter go on, and starts it again.
func (d *demo) die(ctx context.Context) error {
	load := d.load(ctx, 20000, 2000)
	defer load.stop()
	count := d.count(ctx, 0)
	defer func() { _ = count.stop() }() // what went wrong with it is returned below, unless something else did first
	if err := count.reach(ctx, 40); err != nil {
		return err
	}
	var at struct {
		Node    string
		Backups []string
	}
	if err := d.ask(ctx, &at, "locate", counter); err != nil {
		return err
	}
	if len(at.Backups) != 1 {
		return fmt.Errorf("look for the counter's copies: one backup was to be there, not %v", at.Backups)
	}
	fmt.Printf("$ while bin/pikv incr %s; do sleep 0.05; done &\n", counter)
	fmt.Printf("  the counter's primary is %s, its backup %s\n", at.Node, at.Backups[0])
	victim := d.worker(at.Node)
	fmt.Printf("$ kill -9 %d    # %s\n", victim.PID(), victim.Name)
	before := count.value()
	count.forgetGap()
	killed := time.Now()
	victim.Kill()
	d.forget(victim)
	if err := d.noticed(ctx); err != nil {
		return err
	}
	if err := d.synced(ctx, 2); err != nil {
		return err
	}
	fmt.Printf("  %.1f s after %s died the two others hold everything twice again\n", time.Since(killed).Seconds(), victim.Name)
	if err := count.reach(ctx, before+20); err != nil {
		return err
	}
	if err := count.stop(); err != nil {
		return err
	}
	fmt.Printf("  the counter stood at %d and is at %d now: each increment counted once, none failed, the longest took %.2f s\n",
		before, count.value(), count.gap().Seconds())
	if err := load.report(); err != nil {
		return err
	}
	fmt.Println("  (the longest had to wait until a backup took over; nothing was refused, and nothing is lost)")
	if err := d.show(ctx, "status"); err != nil {
		return err
	}
	if err := d.startWorker(ctx, victim.Name); err != nil {
		return err
	}
	return d.synced(ctx, 3)
}

// noticed waits until the cluster knows that copies are missing; before that
// it would call itself synced.
func (d *demo) noticed(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		var status wire.StatusReply
		if err := d.ask(ctx, &status, "status"); err == nil && status.Synced < status.Partitions {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("wait for the cluster to see a death"), ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
