package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"pikv/bench/peers"
	"pikv/bench/proc"
)

// The load of the redis figure.
const (
	redisClients = 50
	redisKeys    = 100_000
	redisValue   = 128
	redisIdle    = 1000 // connections that do nothing
)

// redisWork is one kind of work.
type redisWork struct {
	command  string
	pipeline int
}

// redisGoals are the least rate and the most processor time of pikv against Redis, by
// the pipeline.
var redisGoals = map[int][2]string{1: {"at least 1.0", "at most 1.3"}, 16: {"at least 1.5", "at most 0.8"}}

// redisFigure puts a worker's door for Redis clients beside Redis, by Redis' own
// benchmark.
func redisFigure(ctx context.Context, e effort) (section, error) {
	if _, err := exec.LookPath("redis-benchmark"); err != nil {
		return section{text: "redis-benchmark is not installed.\n"}, nil
	}
	redis, err := peers.StartRedis(ctx)
	if errors.Is(err, peers.ErrNotInstalled) {
		return section{text: "redis-server is not installed.\n"}, nil
	}
	if err != nil {
		return section{}, err
	}
	defer redis.Close()
	c, err := startCluster(ctx, 1, 1, "--resp-port", "any")
	if err != nil {
		return section{}, err
	}
	defer c.close()
	worker := c.workers[0]
	rounds, requests := pick(e, 7, 2), pick(e, 200_000, 5_000)
	var text strings.Builder
	fmt.Fprintf(&text, "One pikv worker with the only copy, and redis-server %s, both reached by redis-benchmark: %d connections, %d random keys, values of %d bytes, %d requests a turn (%d in pipelines). "+
		"Processor time of the server alone, from /proc. %d rounds after one to warm up, in each of which both take turns.\n\n",
		versionOf(ctx, "redis-server", "--version"), redisClients, redisKeys, redisValue, requests, 4*requests, rounds)
	data := measured()
	var rows []tableRow
	for _, w := range []redisWork{{"SET", 1}, {"GET", 1}, {"SET", 16}, {"GET", 16}} {
		some, err := w.compare(ctx, redisSide{worker.RESP, worker.PID()}, redisSide{redis.Addr, redis.PID()}, rounds, requests)
		if err != nil {
			return section{}, err
		}
		rows = append(rows, some...)
	}
	idle, err := idleCost(ctx, worker.RESP, worker.PID())
	if err != nil {
		return section{}, err
	}
	rows = append(rows, tableRow{name: fmt.Sprintf("KiB of memory for each of %d idle connections", redisIdle), goal: "at most 20", format: "%.1f", values: []float64{idle}})
	text.WriteString(tableOf(rows))
	data.addRows("redis-benchmark", rows)
	return section{text: text.String(), data: data}, nil
}

// redisSide is a server that redis-benchmark measures.
type redisSide struct {
	addr string
	pid  int
}

// compare lets both sides take turns.
func (w redisWork) compare(ctx context.Context, pikv, redis redisSide, rounds, requests int) ([]tableRow, error) {
	requests *= min(w.pipeline, 4)
	what := fmt.Sprintf("%s -P %d", w.command, w.pipeline)
	goals := redisGoals[w.pipeline]
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
	before, err := proc.CPU(s.pid)
	if err != nil {
		return 0, 0, err
	}
	out, err := exec.CommandContext(ctx, "redis-benchmark", "-h", host, "-p", port, "-t", strings.ToLower(w.command), "-P", strconv.Itoa(w.pipeline),
		"-c", strconv.Itoa(redisClients), "-n", strconv.Itoa(requests), "-r", strconv.Itoa(redisKeys), "-d", strconv.Itoa(redisValue), "--csv").Output()
	if err != nil {
		return 0, 0, fmt.Errorf("run redis-benchmark: %w", err)
	}
	after, err := proc.CPU(s.pid)
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

// idleCost returns how many KiB a process has more for each of many connections that
// have sent one command.
func idleCost(ctx context.Context, addr string, pid int) (float64, error) {
	before, err := proc.Resident(pid)
	if err != nil {
		return 0, err
	}
	var d net.Dialer
	for range redisIdle {
		conn, err := d.DialContext(ctx, "tcp", addr)
		if err != nil {
			return 0, fmt.Errorf("open idle connections: %w", err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
			return 0, err
		}
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return 0, err
		}
		if _, err := io.ReadFull(conn, make([]byte, len("+PONG\r\n"))); err != nil {
			return 0, fmt.Errorf("ping on an idle connection: %w", err)
		}
	}
	after, err := proc.Resident(pid)
	return float64(after-before) / redisIdle / 1024, err
}
