package main

import (
	"context"
	"fmt"
	"time"

	"pikv/bench/proc"
	"pikv/testcluster/process"
)

// The idle figure: how often and how long.
const (
	idleWorkers = 4
	idleRounds  = 2
	idleTime    = time.Minute
)

// idleFigure measures what the nodes of a cluster do that nobody uses.
func idleFigure(ctx context.Context, _ effort) (section, error) {
	c, err := startCluster(ctx, idleWorkers, 2)
	if err != nil {
		return section{}, err
	}
	defer end(c)
	spare, err := c.AddWorker(ctx, "--spare")
	if err != nil {
		return section{}, err
	}
	all := append([]*process.Process{c.Master}, c.Workers...)
	rows, resident := make([]tableRow, len(all)), make([]tableRow, len(all))
	for i, n := range all {
		name := n.Name
		if n == spare {
			name += ", a spare"
		}
		goal := "at most 0.5 %"
		if n == c.Master {
			goal = "at most 1 %"
		}
		rows[i] = tableRow{name: name + ", of one core", goal: goal, format: "%.2f %%"}
		resident[i] = tableRow{name: name + ", resident", goal: "at most 25 MB", format: "%.1f MB"}
	}
	if err := pass(ctx, 5*time.Second); err != nil { // what the start left to do
		return section{}, err
	}
	for range idleRounds {
		before := make([]time.Duration, len(all))
		begin := time.Now()
		for i, n := range all {
			if before[i], err = proc.CPU(n.PID()); err != nil {
				return section{}, err
			}
		}
		if err := pass(ctx, idleTime); err != nil {
			return section{}, err
		}
		for i, n := range all {
			after, err := proc.CPU(n.PID())
			if err != nil {
				return section{}, err
			}
			rows[i].values = append(rows[i].values, 100*(after-before[i]).Seconds()/time.Since(begin).Seconds())
			bytes, err := proc.Resident(n.PID())
			if err != nil {
				return section{}, err
			}
			resident[i].values = append(resident[i].values, float64(bytes)/1e6)
		}
	}
	rows = append(rows, resident...)
	data := measured()
	data.addRows("", rows)
	return section{data: data, text: fmt.Sprintf("1 master, %d active workers and a spare, 1024 partitions, R=2, empty, no client; processor time by each process' own clock, resident memory from /proc, %d times %v.\n\n",
		idleWorkers, idleRounds, idleTime) + tableOf(rows)}, nil
}
