package main

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"pikv/bench/proc"
)

// redisSide is what redis-benchmark measures: one server, or those of a cluster.
type redisSide struct {
	addr    string // of one of them
	pids    []int
	cluster bool
}

// cpu is the processor time of all its servers.
func (s redisSide) cpu() (sum time.Duration, err error) {
	for _, pid := range s.pids {
		one, err := proc.CPU(pid)
		if err != nil {
			return 0, err
		}
		sum += one
	}
	return sum, nil
}

// compareAll compares both sides at each kind of work.
func compareAll(ctx context.Context, work []redisWork, pikv, redis redisSide, rounds, requests int) (rows []tableRow, err error) {
	for _, w := range work {
		some, err := w.compare(ctx, pikv, redis, rounds, requests)
		if err != nil {
			return nil, err
		}
		rows = append(rows, some...)
	}
	return rows, nil
}

// compare lets both sides take turns.
func (w redisWork) compare(ctx context.Context, pikv, redis redisSide, rounds, requests int) ([]tableRow, error) {
	requests *= min(w.pipeline, 4)
	what, goals := fmt.Sprintf("%s -P %d", w.command, w.pipeline), redisGoals[w.pipeline]
	if pikv.cluster {
		what, goals = w.command+" --cluster", redisClusterGoals
	}
	rows := []tableRow{
		{name: what + ", pikv, requests a second", format: "%.0f"},
		{name: what + ", Redis, requests a second", format: "%.0f"},
		{name: what + ", rate, pikv : Redis", goal: goals[0], format: "%.2f"},
		{name: what + ", pikv, us of server CPU a request", format: "%.2f"},
		{name: what + ", Redis, us of server CPU a request", format: "%.2f"},
		{name: what + ", server CPU, pikv : Redis", goal: goals[1], format: "%.2f"},
	}
	for round := range rounds + 1 {
		var rate, cpu [2]float64
		for i := range 2 {
			turn := (i + round) % 2 // nobody is always first
			var err error
			if rate[turn], cpu[turn], err = w.turn(ctx, []redisSide{pikv, redis}[turn], requests); err != nil {
				return nil, fmt.Errorf("%s: %w", what, err)
			}
		}
		if round == 0 {
			continue // to warm up
		}
		for i, v := range []float64{rate[0], rate[1], rate[0] / rate[1], cpu[0], cpu[1], cpu[0] / cpu[1]} {
			rows[i].values = append(rows[i].values, v)
		}
	}
	return rows, nil
}

// turn runs redis-benchmark once, and returns the requests a second and the
// microseconds of the server's processor time for each.
func (w redisWork) turn(ctx context.Context, s redisSide, requests int) (rate, cpu float64, err error) {
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		return 0, 0, err
	}
	before, err := s.cpu()
	if err != nil {
		return 0, 0, err
	}
	args := []string{"-h", host, "-p", port, "-t", strings.ToLower(w.command), "-P", strconv.Itoa(w.pipeline),
		"-c", strconv.Itoa(redisClients), "-n", strconv.Itoa(requests), "-r", strconv.Itoa(redisKeys), "-d", strconv.Itoa(redisValue), "--csv"}
	if s.cluster {
		args = append(args, "--cluster")
	}
	out, err := exec.CommandContext(ctx, "redis-benchmark", args...).Output()
	if err != nil {
		return 0, 0, fmt.Errorf("run redis-benchmark: %w", err)
	}
	after, err := s.cpu()
	if err != nil {
		return 0, 0, err
	}
	rate, err = parseBenchmark(string(out), w.command)
	return rate, float64((after - before).Microseconds()) / float64(requests), err
}

// parseBenchmark reads the requests a second of a command from what redis-benchmark
// --csv prints: "SET","50000.00",...
func parseBenchmark(out, command string) (float64, error) {
	for line := range strings.Lines(out) {
		fields := strings.Split(strings.TrimSpace(line), ",")
		if len(fields) > 1 && strings.Trim(fields[0], `"`) == command {
			return strconv.ParseFloat(strings.Trim(fields[1], `"`), 64)
		}
	}
	return 0, fmt.Errorf("redis-benchmark printed nothing about %s: %q", command, out)
}
