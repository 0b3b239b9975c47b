package main

import (
	"time"

	"pikv/bench/proc"
)

// cpuOfWorkers returns the sum over the workers.
func (c *cluster) cpuOfWorkers() (sum time.Duration, err error) {
	for _, w := range c.workers {
		cpu, err := proc.CPU(w.PID())
		if err != nil {
			return 0, err
		}
		sum += cpu
	}
	return sum, nil
}
