package main

import (
	"context"
	"fmt"
	"time"
)

// breathe adds a worker and takes it away again while a load goes on.
func (d *demo) breathe(ctx context.Context) error {
	load := d.load(ctx, 20000, 2000)
	defer load.stop()
	begin := time.Now()
	if err := d.startWorker(ctx, "pi4"); err != nil {
		return err
	}
	if err := d.synced(ctx, 4); err != nil {
		return err
	}
	fmt.Printf("  pi4 has its share after %.1f s\n", time.Since(begin).Seconds())
	if err := d.show(ctx, "ring"); err != nil {
		return err
	}
	if err := d.show(ctx, "drain", "pi4"); err != nil {
		return err
	}
	pi4 := d.worker("pi4")
	fmt.Printf("$ kill %d    # pi4\n", pi4.PID())
	if err := pi4.Stop(ctx); err != nil {
		return err
	}
	d.forget(pi4)
	return load.report()
}
