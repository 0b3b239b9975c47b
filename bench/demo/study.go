package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"pikv/bench"
)

// measured runs `pikv bench` and returns what it measured.
func (d *demo) measured(ctx context.Context, args ...string) (bench.Result, error) {
	var r bench.Result
	out, err := d.pikv(ctx, append([]string{"bench", "--json"}, args...)...)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, fmt.Errorf("read figures: %w", err)
	}
	if r.Errors > 0 {
		return r, fmt.Errorf("measure: %d requests failed: %v", r.Errors, r.ErrorTexts)
	}
	return r, nil
}

// study repeats the measurement that pikv began with: latency against the
// number of clients, straight to the owner and through the master.
func (d *demo) study(ctx context.Context) error {
	fmt.Println("$ bin/pikv bench --requests 1024 --value-size 128 --read-share 0.5 --clients N [--proxy]")
	fmt.Println("  clients      direct p50      p99      max   through the master p50      p99      max")
	for _, clients := range []int{5, 10, 20, 40, 60, 80, 100} {
		args := []string{"--requests", "1024", "--value-size", "128", "--read-share", "0.5", "--clients", strconv.Itoa(clients)}
		direct, err := d.measured(ctx, args...)
		if err != nil {
			return err
		}
		proxied, err := d.measured(ctx, append(args, "--proxy")...)
		if err != nil {
			return err
		}
		fmt.Printf("  %7d       %s %s %s               %s %s %s\n", clients,
			ms(direct.All.P50US), ms(direct.All.P99US), ms(direct.All.MaxUS),
			ms(proxied.All.P50US), ms(proxied.All.P99US), ms(proxied.All.MaxUS))
	}
	return nil
}

func ms(us int64) string { return fmt.Sprintf("%5.2f ms", float64(us)/1000) }

// breathe adds a worker and drains it again while a load goes on.
func (d *demo) breathe(ctx context.Context) error {
	const duration = 25 * time.Second
	args := []string{"--duration", duration.String(), "--clients", "20", "--rate", "2000", "--keys", "20000", "--read-share", "0.5", "--value-size", "128"}
	fmt.Println("$ bin/pikv bench --duration 25s --clients 20 --rate 2000 --keys 20000 --read-share 0.5 --value-size 128 &")
	var load bench.Result
	var loadErr error
	var loading sync.WaitGroup
	loadBegan := time.Now()
	loadCtx, stop := context.WithCancel(ctx)
	defer loading.Wait()
	defer stop()
	loading.Go(func() { load, loadErr = d.measured(loadCtx, args...) })

	begin := time.Now()
	if err := d.startWorker(ctx, "pi4"); err != nil {
		return err
	}
	if err := d.settled(ctx, 4); err != nil {
		return err
	}
	fmt.Printf("  pi4 has its share after %.1f s\n", time.Since(begin).Seconds())
	if err := d.show(ctx, "ring"); err != nil {
		return err
	}
	begin = time.Now()
	if err := d.show(ctx, "drain", "pi4"); err != nil {
		return err
	}
	fmt.Printf("  pi4 is empty after %.1f s\n", time.Since(begin).Seconds())
	if err := d.settled(ctx, 3); err != nil {
		return err
	}
	if time.Since(loadBegan) > duration {
		return fmt.Errorf("the load of %v was over before the drain was: this machine is too slow to show the two together", duration)
	}
	loading.Wait()
	if loadErr != nil {
		return loadErr
	}
	fmt.Printf("  meanwhile %d requests at %.0f/s, none failed: p50 %s, p99 %s, max %s\n",
		load.All.Count, load.Throughput, ms(load.All.P50US), ms(load.All.P99US), ms(load.All.MaxUS))
	return nil
}
