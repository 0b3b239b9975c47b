package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pikv/bench"
	"pikv/bench/nodes"
	"pikv/bench/proc"
	"pikv/client"
)

// The load of the replication figure.
const (
	replicationRounds  = 7
	replicationCallers = 64
	replicationTime    = 3 * time.Second // of each measurement
	replicationKeys    = 20_000
	replicationValue   = 128
)

// replicationFigure compares what the workers' processors do for an operation
// with one replica and with two: two clusters side by side, measured in turn.
func replicationFigure(ctx context.Context, _ effort) (section, error) {
	var sides [2]*side // by replicas - 1
	for i := range sides {
		s, err := startSide(ctx, i+1)
		if err != nil {
			return section{}, err
		}
		defer s.close()
		sides[i] = s
	}
	data := measured()
	var text strings.Builder
	fmt.Fprintf(&text, "Two workers, %d callers in one process, %d keys of %d bytes; callers, master and workers are processes on loopback. "+
		"Processor time of both workers by their own clocks, per operation. %d rounds, in each of which both clusters take turns of %v.\n",
		replicationCallers, replicationKeys, replicationValue, replicationRounds, replicationTime)
	for _, way := range []struct {
		name    string
		clients int
	}{
		{"Each caller is a client with connections of its own, as programs side by side are", replicationCallers},
		{"All callers share one client and its connections, so that a worker reads many requests at a time", 1},
	} {
		rows, err := compare(ctx, sides, way.clients)
		if err != nil {
			return section{}, err
		}
		fmt.Fprintf(&text, "\n%s:\n\n%s", way.name, tableOf(rows))
		data.addRows(way.name, rows)
	}
	return section{text: text.String(), data: data}, nil
}

// side is a cluster and the clients that are put on it.
type side struct {
	*nodes.Cluster
	stores []bench.Store
}

func startSide(ctx context.Context, replicas int) (*side, error) {
	c, err := startCluster(ctx, 2, replicas)
	if err != nil {
		return nil, err
	}
	s := &side{Cluster: c}
	for range replicationCallers {
		cl, err := client.New(ctx, []string{c.Master.RPC})
		if err != nil {
			s.close()
			return nil, err
		}
		s.stores = append(s.stores, cl)
	}
	return s, nil
}

// close ends the clients and the cluster.
func (s *side) close() {
	for _, store := range s.stores {
		_ = store.(*client.Client).Close() // it only reads
	}
	end(s.Cluster)
}

// compare measures GET and PUT on both sides, in rounds, through so many clients.
func compare(ctx context.Context, sides [2]*side, clients int) ([]tableRow, error) {
	rows := []tableRow{
		{name: "worker CPU per GET, R=1", format: "%.1f us"}, {name: "worker CPU per GET, R=2", format: "%.1f us"},
		{name: "GET, R=2 : R=1", goal: "at most 1.05", format: "%.3f"},
		{name: "worker CPU per PUT, R=1", format: "%.1f us"}, {name: "worker CPU per PUT, R=2", format: "%.1f us"},
		{name: "PUT, R=2 : R=1", goal: "at most 2.2", format: "%.3f"},
		{name: "GETs per second, R=2", format: "%.0f"}, {name: "PUTs per second, R=2", format: "%.0f"},
		{name: "stolen by other tenants, of a round's time", format: "%.1f %%"},
	}
	for round := range replicationRounds + 1 {
		before, err := proc.ReadSteal()
		if err != nil {
			return nil, err
		}
		var per, rate [2][2]float64 // by operation (GET, PUT), then side
		for op := range per {
			for turn := range sides {
				i := (turn + round) % len(sides) // neither is always first
				if per[op][i], rate[op][i], err = sides[i].cpuPerOperation(ctx, op == 0, clients); err != nil {
					return nil, err
				}
			}
		}
		after, err := proc.ReadSteal()
		if err != nil {
			return nil, err
		}
		if round == 0 {
			continue // to warm up
		}
		for i, v := range []float64{per[0][0], per[0][1], per[0][1] / per[0][0], per[1][0], per[1][1], per[1][1] / per[1][0],
			rate[0][1], rate[1][1], after.Since(before)} {
			rows[i].values = append(rows[i].values, v)
		}
	}
	return rows, nil
}

// cpuPerOperation returns microseconds and operations per second.
func (s *side) cpuPerOperation(ctx context.Context, read bool, clients int) (per, rate float64, err error) {
	w := bench.Workload{Clients: replicationCallers, Duration: replicationTime, ValueSize: replicationValue, Keys: replicationKeys}
	if read {
		w.ReadShare = 1
		if err := bench.Fill(ctx, s.Client, w); err != nil {
			return 0, 0, err
		}
	}
	return cpuPerRequest(ctx, s.stores[:clients], w, s.Workers)
}
