package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pikv/bench"
	"pikv/client"
)

// proxyFigure measures the two ways to a value: straight to its owner, and
// through the master.
func proxyFigure(ctx context.Context) (string, error) {
	c, err := startCluster(ctx, 3, 1)
	if err != nil {
		return "", err
	}
	defer c.close()
	proxied, err := client.New(ctx, []string{c.master.RPC}, client.WithProxy())
	if err != nil {
		return "", err
	}
	defer proxied.Close()

	var b strings.Builder
	fmt.Fprintf(&b, "3 workers, one replica, one client process, half reads, median of %d rounds that alternate (lowest-highest).\n\n", proxyRounds)
	b.WriteString("| value | callers | way | requests/s | p50 | p99 |\n|---|---|---|---|---|---|\n")
	for _, w := range []bench.Workload{
		{Clients: 1, Requests: 10_000, ValueSize: 128, ReadShare: 0.5, Keys: 1000},
		{Clients: 64, Requests: 100_000, ValueSize: 128, ReadShare: 0.5, Keys: 1000},
		{Clients: 1, Requests: 300, ValueSize: 1e6, ReadShare: 0.5, Keys: 50, Prefix: "large:"},
		{Clients: 8, Requests: 1000, ValueSize: 1e6, ReadShare: 0.5, Keys: 50, Prefix: "large:"},
	} {
		var direct, through []bench.Result
		if err := bench.Fill(ctx, c.client, w); err != nil {
			return "", err
		}
		for range proxyRounds {
			for _, way := range []struct {
				store *client.Client
				to    *[]bench.Result
			}{{c.client, &direct}, {proxied, &through}} {
				r, err := bench.Run(ctx, []bench.Store{way.store}, w)
				if err != nil {
					return "", err
				}
				if r.Errors > 0 {
					return "", fmt.Errorf("measure: %d requests failed: %v", r.Errors, r.ErrorTexts)
				}
				*way.to = append(*way.to, r)
			}
		}
		row(&b, w, "direct", direct)
		row(&b, w, "proxied", through)
	}
	return b.String(), nil
}

const proxyRounds = 5

// row prints the median and the spread of each figure.
func row(b *strings.Builder, w bench.Workload, way string, results []bench.Result) {
	spread := func(of func(bench.Result) float64, format string) string {
		var all []float64
		for _, r := range results {
			all = append(all, of(r))
		}
		slices.Sort(all)
		return fmt.Sprintf(format+" ("+format+"-"+format+")", all[len(all)/2], all[0], all[len(all)-1])
	}
	fmt.Fprintf(b, "| %d B | %d | %s | %s | %s ms | %s ms |\n", w.ValueSize, w.Clients, way,
		spread(func(r bench.Result) float64 { return r.Throughput }, "%.0f"),
		spread(func(r bench.Result) float64 { return float64(r.All.P50US) / 1000 }, "%.2f"),
		spread(func(r bench.Result) float64 { return float64(r.All.P99US) / 1000 }, "%.2f"))
}
