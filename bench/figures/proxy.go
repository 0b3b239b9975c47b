package main

import (
	"context"
	"fmt"
	"strings"

	"pikv/bench"
	"pikv/client"
)

// proxyFigure measures the two ways to a value: straight to its owner, and
// through the master.
func proxyFigure(ctx context.Context) (*sheet, error) {
	c, err := startCluster(ctx, 3, 1)
	if err != nil {
		return nil, err
	}
	defer end(c)
	proxied, err := client.New(ctx, []string{c.Master.RPC}, client.WithProxy())
	if err != nil {
		return nil, err
	}
	defer proxied.Close()

	s := newSheet()
	s.say("3 workers, one replica, one client process, half reads, %d rounds that alternate.\n", proxyRounds)
	for _, w := range []bench.Workload{
		{Clients: 1, Requests: 10_000, ValueSize: 128, ReadShare: 0.5, Keys: 1000},
		{Clients: 64, Requests: 100_000, ValueSize: 128, ReadShare: 0.5, Keys: 1000},
		{Clients: 1, Requests: 300, ValueSize: 1e6, ReadShare: 0.5, Keys: 50, Prefix: "large:"},
		{Clients: 8, Requests: 1000, ValueSize: 1e6, ReadShare: 0.5, Keys: 50, Prefix: "large:"},
	} {
		var direct, through []bench.Result
		if err := bench.Fill(ctx, c.Client, w); err != nil {
			return nil, err
		}
		for range proxyRounds {
			for _, way := range []struct {
				store *client.Client
				to    *[]bench.Result
			}{{c.Client, &direct}, {proxied, &through}} {
				r, err := bench.Run(ctx, []bench.Store{way.store}, w)
				if err != nil {
					return nil, err
				}
				if r.Errors > 0 {
					return nil, fmt.Errorf("measure: %d requests failed: %v", r.Errors, r.ErrorTexts)
				}
				*way.to = append(*way.to, r)
			}
		}
		load := fmt.Sprintf("values of %d bytes, callers: %d", w.ValueSize, w.Clients)
		s.say("\n%s%s:\n\n", strings.ToUpper(load[:1]), load[1:])
		s.table(load, append(proxyRows("direct", direct), proxyRows("proxied", through)...)...)
	}
	return s, nil
}

const proxyRounds = 5

// proxyRows are the figures of one way.
func proxyRows(way string, results []bench.Result) []tableRow {
	rate := tableRow{name: way + ", requests a second", format: "%.0f"}
	half := tableRow{name: way + ", p50", format: "%.2f ms"}
	most := tableRow{name: way + ", p99", format: "%.2f ms"}
	for _, r := range results {
		rate.values = append(rate.values, r.Throughput)
		half.values = append(half.values, float64(r.All.P50US)/1000)
		most.values = append(most.values, float64(r.All.P99US)/1000)
	}
	return []tableRow{rate, half, most}
}
