package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

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
