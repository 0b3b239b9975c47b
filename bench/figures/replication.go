package main

import (
	"context"
	"fmt"
	"time"

	"pikv/bench"
)

// The load of the replication figure.
const (
	replicationRounds  = 9
	replicationCallers = 64
	replicationTime    = 5 * time.Second // of each measurement
	replicationKeys    = 20_000
	replicationValue   = 128
)

// replicationFigure compares what the workers' processors do for an operation
// with one replica and with two: two clusters side by side, measured in turn.
func replicationFigure(ctx context.Context) (string, error) {
	var clusters [2]*cluster // by replicas - 1
	for i := range clusters {
		c, err := startCluster(ctx, 2, i+1)
		if err != nil {
			return "", err
		}
		defer c.close()
		clusters[i] = c
	}
	rows := []tableRow{
		{name: "worker CPU per GET, R=1", format: "%.1f us"}, {name: "worker CPU per GET, R=2", format: "%.1f us"},
		{name: "GET, R=2 : R=1", goal: "at most 1.05", format: "%.3f"},
		{name: "worker CPU per PUT, R=1", format: "%.1f us"}, {name: "worker CPU per PUT, R=2", format: "%.1f us"},
		{name: "PUT, R=2 : R=1", goal: "at most 2.2", format: "%.3f"},
		{name: "GETs per second, R=2", format: "%.0f"}, {name: "PUTs per second, R=2", format: "%.0f"},
		{name: "stolen by other tenants, of a round's time", format: "%.1f %%"},
	}
	for round := range replicationRounds + 1 {
		before, err := readSteal()
		if err != nil {
			return "", err
		}
		var per, rate [2][2]float64 // by operation (GET, PUT), then cluster
		for op := range per {
			for turn := range clusters {
				i := (turn + round) % len(clusters) // neither is always first
				if per[op][i], rate[op][i], err = cpuPerOperation(ctx, clusters[i], op == 0); err != nil {
					return "", err
				}
			}
		}
		after, err := readSteal()
		if err != nil {
			return "", err
		}
		if round == 0 {
			continue // to warm up
		}
		for i, v := range []float64{per[0][0], per[0][1], per[0][1] / per[0][0], per[1][0], per[1][1], per[1][1] / per[1][0],
			rate[0][1], rate[1][1], after.since(before)} {
			rows[i].values = append(rows[i].values, v)
		}
	}
	return fmt.Sprintf("Two workers, %d callers in one client process, %d keys of %d bytes; client, master and workers are processes on loopback. "+
		"Processor time of both workers from /proc, per operation. %d rounds, in each of which both clusters take turns of %v.\n\n",
		replicationCallers, replicationKeys, replicationValue, replicationRounds, replicationTime) + tableOf(rows), nil
}

// cpuPerOperation returns microseconds and operations per second.
func cpuPerOperation(ctx context.Context, c *cluster, read bool) (per, rate float64, err error) {
	w := bench.Workload{Clients: replicationCallers, Duration: replicationTime, ValueSize: replicationValue, Keys: replicationKeys}
	if read {
		w.ReadShare = 1
		if err := bench.Fill(ctx, c.client, w); err != nil {
			return 0, 0, err
		}
	}
	before, err := c.cpuOfWorkers()
	if err != nil {
		return 0, 0, err
	}
	r, err := bench.Run(ctx, []bench.Store{c.client}, w)
	if err != nil {
		return 0, 0, err
	}
	after, err := c.cpuOfWorkers()
	if err != nil {
		return 0, 0, err
	}
	if r.Errors > 0 {
		return 0, 0, fmt.Errorf("measure: %d requests failed: %v", r.Errors, r.ErrorTexts)
	}
	return float64((after - before).Microseconds()) / float64(r.All.Count), r.Throughput, nil
}
