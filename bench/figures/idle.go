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
	defer c.close()
	nodes := append([]*process.Process{c.master}, c.workers...)
	rows := make([]tableRow, len(nodes))
	for i, n := range nodes {
		rows[i] = tableRow{name: n.Name + ", of one core", goal: "at most 1 %", format: "%.2f %%"}
	}
	if err := pass(ctx, 5*time.Second); err != nil { // what the start left to do
		return section{}, err
	}
	for range idleRounds {
		before := make([]time.Duration, len(nodes))
		begin := time.Now()
		for i, n := range nodes {
			if before[i], err = proc.CPU(n.PID()); err != nil {
				return section{}, err
			}
		}
		if err := pass(ctx, idleTime); err != nil {
			return section{}, err
		}
		for i, n := range nodes {
			after, err := proc.CPU(n.PID())
			if err != nil {
				return section{}, err
			}
			rows[i].values = append(rows[i].values, 100*(after-before[i]).Seconds()/time.Since(begin).Seconds())
		}
	}
	data := measured()
	data.addRows("", rows)
	return section{data: data, text: fmt.Sprintf("1 master and %d workers, 1024 partitions, R=2, empty, no client; processor time of each process from /proc, %d times %v.\n\n",
		idleWorkers, idleRounds, idleTime) + tableOf(rows)}, nil
}
