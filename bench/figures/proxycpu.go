package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pikv/bench"
	"pikv/client"
	"pikv/testcluster/process"
)

// The load of the proxycpu figure.
const (
	proxyCPUCallers = 64
	proxyCPUKeys    = 20_000
	proxyCPUValue   = 128
)

// proxyCPUFigure compares what the master's processor does for a GET that goes
// through it with what a worker's does for one that comes straight to it.
func proxyCPUFigure(ctx context.Context, e effort) (section, error) {
	c, err := startCluster(ctx, 2, 1)
	if err != nil {
		return section{}, err
	}
	defer end(c)
	var direct, proxied []bench.Store
	for range proxyCPUCallers {
		for _, way := range []struct {
			to   *[]bench.Store
			opts []client.Option
		}{{&direct, nil}, {&proxied, []client.Option{client.WithProxy()}}} {
			cl, err := client.New(ctx, []string{c.Master.RPC}, way.opts...)
			if err != nil {
				return section{}, err
			}
			defer cl.Close()
			*way.to = append(*way.to, cl)
		}
	}
	rounds, turn := pick(e, 7, 2), pick(e, 2*time.Second, 200*time.Millisecond)
	w := bench.Workload{Clients: proxyCPUCallers, Duration: turn, ValueSize: proxyCPUValue, ReadShare: 1, Keys: proxyCPUKeys, Seed: 1}
	if err := bench.Fill(ctx, c.Client, w); err != nil {
		return section{}, err
	}
	data := measured()
	var text strings.Builder
	fmt.Fprintf(&text, "Two workers, R=1; %d callers in one process, %d keys with values of %d bytes. Processor time by their own clocks. %d rounds after one to warm up, in each of which both ways take turns of %v.\n",
		proxyCPUCallers, proxyCPUKeys, proxyCPUValue, rounds, turn)
	for _, clients := range []struct {
		name string
		n    int
	}{
		{"All callers share one client", 1},
		{"Each caller is a client with connections of its own", proxyCPUCallers},
	} {
		rows := []tableRow{
			{name: "worker CPU a direct GET", format: "%.1f us"},
			{name: "master CPU a proxied GET", format: "%.1f us"},
			{name: "master : worker", goal: "at most 2", format: "%.2f"},
			{name: "direct GETs a second", format: "%.0f"},
			{name: "proxied GETs a second", format: "%.0f"},
		}
		ways := [2]struct {
			stores []bench.Store
			of     []*process.Process
		}{{direct[:clients.n], c.Workers}, {proxied[:clients.n], []*process.Process{c.Master}}}
		for round := range rounds + 1 {
			var per, rate [2]float64
			for i := range ways {
				i = (i + round) % len(ways) // neither is always first
				if per[i], rate[i], err = cpuPerRequest(ctx, ways[i].stores, w, ways[i].of); err != nil {
					return section{}, err
				}
			}
			if round == 0 {
				continue // to warm up
			}
			for i, v := range []float64{per[0], per[1], per[1] / per[0], rate[0], rate[1]} {
				rows[i].values = append(rows[i].values, v)
			}
		}
		fmt.Fprintf(&text, "\n%s:\n\n%s", clients.name, tableOf(rows))
		data.addRows(clients.name, rows)
	}
	return section{text: text.String(), data: data}, nil
}
