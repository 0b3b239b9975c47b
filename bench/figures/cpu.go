package main

import (
	"context"
	"fmt"
	"time"

	"pikv/bench"
	"pikv/bench/proc"
	"pikv/testcluster/process"
)

// cpuPerRequest runs w and returns the processor time that some processes used
// for each request, in microseconds, and the requests per second.
func cpuPerRequest(ctx context.Context, stores []bench.Store, w bench.Workload, of []*process.Process) (per, rate float64, err error) {
	before, err := cpuOf(of)
	if err != nil {
		return 0, 0, err
	}
	r, err := bench.Run(ctx, stores, w)
	if err != nil {
		return 0, 0, err
	}
	after, err := cpuOf(of)
	if err != nil {
		return 0, 0, err
	}
	if r.Errors > 0 {
		return 0, 0, fmt.Errorf("measure: %d requests failed: %v", r.Errors, r.ErrorTexts)
	}
	return float64((after - before).Microseconds()) / float64(max(r.All.Count, 1)), r.Throughput, nil
}

// cpuOf returns the processor time that processes have used, all together.
func cpuOf(of []*process.Process) (sum time.Duration, err error) {
	for _, p := range of {
		cpu, err := proc.CPU(p.PID())
		if err != nil {
			return 0, err
		}
		sum += cpu
	}
	return sum, nil
}
