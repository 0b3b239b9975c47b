package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pikv/wire"
)

// What --autoscale goes by here: a load of 2000 requests a second is more than the
// high mark for each of three workers, and less for each of four; one of 400 is
// below the low mark of each.
var scaling = []string{"--autoscale", "on", "--scale-requests", "200:550", "--scale-memory", "0:0", "--scale-cpu", "0:0",
	"--scale-window", "3s", "--scale-cooldown", "3s", "--min-workers", "3"}

// scale lets the master decide how many workers work: a spare is activated for a
// load, and is a spare again when that is lower; no request fails meanwhile.
func (d *demo) scale(ctx context.Context) error {
	if err := d.restartMaster(ctx, scaling...); err != nil {
		return err
	}
	if err := d.startWorker(ctx, "pi4", "--spare"); err != nil {
		return err
	}
	if err := d.becomes(ctx, "pi4", "spare"); err != nil {
		return err
	}
	load := d.load(ctx, 1000, 2000)
	defer load.stop()
	if err := d.becomes(ctx, "pi4", "active"); err != nil {
		return err
	}
	if err := d.synced(ctx, 4); err != nil {
		return err
	}
	if err := load.report(); err != nil {
		return err
	}
	less := d.load(ctx, 1000, 400)
	defer less.stop()
	if err := d.becomes(ctx, "pi4", "spare"); err != nil {
		return err
	}
	if err := less.report(); err != nil {
		return err
	}
	return d.show(ctx, "events")
}

// becomes waits until that is what the cluster calls a worker.
func (d *demo) becomes(ctx context.Context, name, state string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	begin := time.Now()
	for {
		var status wire.StatusReply
		if err := d.ask(ctx, &status, "status"); err != nil {
			return err
		}
		for _, m := range status.Members {
			if m.Name == name && m.State == state {
				fmt.Printf("  %s: %s, after %.1f s\n", name, state, time.Since(begin).Seconds())
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("wait until %s is %s: %s", name, state, status.Scaling.Reason), ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
