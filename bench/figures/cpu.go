package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// cpuOf returns the processor time that a process has used.
func cpuOf(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read a process's time: %w", err)
	}
	// The name, in parentheses, may hold anything; behind it utime and stime
	// are the twelfth and thirteenth.
	text := string(data)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	const utime, stime = 11, 12
	var ticks [2]int64
	for i, at := range []int{utime, stime} {
		if len(fields) <= at {
			return 0, fmt.Errorf("read a process's time: %d fields", len(fields))
		}
		if _, err := fmt.Sscan(fields[at], &ticks[i]); err != nil {
			return 0, fmt.Errorf("read a process's time: %w", err)
		}
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux
	return time.Duration(ticks[0]+ticks[1]) * tick, nil
}

// cpuOfWorkers returns the sum over the workers.
func (c *cluster) cpuOfWorkers() (sum time.Duration, err error) {
	for _, w := range c.workers {
		cpu, err := cpuOf(w.PID())
		if err != nil {
			return 0, err
		}
		sum += cpu
	}
	return sum, nil
}
