package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"pikv/wire"
)

// What --autoscale goes by here: a load of 2000 requests a second is more than the high mark for each of three
// workers, and less for each of four; the photos fill more than the high mark of four workers' memory, and
// less of five's; a load of 400 and no photo are below the low marks.
const (
	lowRequests, highRequests = 200, 550 // a second and worker
	lowMemory, highMemory     = 20, 40   // percent
	fewest                    = 3        // active workers
)

// scale lets the master decide how many workers work: a spare is activated for a load, another for
// memory, and both are spares again when there is less of either; no request fails meanwhile, and
// what was written is read back.
func (d *demo) scale(ctx context.Context) error {
	fmt.Printf("  over %d requests a second for each worker, or %d %% of their memory, a spare is activated;\n", highRequests, highMemory)
	fmt.Printf("  under %d and %d %% a worker becomes a spare, but %d stay active\n", lowRequests, lowMemory, fewest)
	err := d.restartMaster(ctx, "--autoscale", "on",
		"--scale-requests", fmt.Sprintf("%d:%d", lowRequests, highRequests), "--scale-memory", fmt.Sprintf("%d:%d", lowMemory, highMemory),
		"--scale-cpu", "0:0", "--scale-window", "3s", "--scale-cooldown", "3s", "--min-workers", strconv.Itoa(fewest))
	if err != nil {
		return err
	}
	for _, name := range []string{"pi4", "pi5"} {
		if err := d.startWorker(ctx, name, "--spare"); err != nil {
			return err
		}
	}
	if err := d.become(ctx, "spare", "pi4", "pi5"); err != nil {
		return err
	}
	count, err := d.countOn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = count.stop() }() // as in die
	load := d.load(ctx, 1000, 2000)
	defer load.stop()
	if err := d.become(ctx, "active", "pi4"); err != nil {
		return err
	}
	if err := d.synced(ctx, 4); err != nil {
		return err
	}
	names, err := d.storePhotos(ctx)
	if err != nil {
		return err
	}
	if err := d.become(ctx, "active", "pi5"); err != nil {
		return err
	}
	if err := d.synced(ctx, 5); err != nil {
		return err
	}
	if err := d.lookAtPhotos(ctx, names); err != nil {
		return err
	}
	if err := load.report(); err != nil {
		return err
	}
	less := d.load(ctx, 1000, 400)
	defer less.stop()
	fmt.Printf("$ bin/pikv del photo-{1..%d}\n", photos)
	out, err := d.pikv(ctx, append([]string{"del"}, names...)...)
	if err != nil {
		return err
	}
	fmt.Printf("  %s\n", bytes.TrimSpace(out))
	if err := d.become(ctx, "spare", "pi4", "pi5"); err != nil {
		return err
	}
	if err := less.report(); err != nil {
		return err
	}
	if err := d.counted(ctx, count); err != nil {
		return err
	}
	return d.show(ctx, "events")
}

// become waits until that is what the cluster calls each of the workers, and tells of each as soon as it is.
func (d *demo) become(ctx context.Context, state string, names ...string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	begin := time.Now()
	names = slices.Clone(names)
	for {
		var status wire.StatusReply
		if err := d.ask(ctx, &status, "status"); err != nil {
			return err
		}
		for _, m := range status.Members {
			if i := slices.Index(names, m.Name); i >= 0 && m.State == state {
				fmt.Printf("  %s: %s, after %.1f s\n", m.Name, state, time.Since(begin).Seconds())
				names = slices.Delete(names, i, i+1)
			}
		}
		if len(names) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("wait until %v is %s: %s", names, state, status.Scaling.Reason), ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
