package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"time"

	"pikv/bench/peers"
	"pikv/bench/proc"
	"pikv/testcluster/process"
)

// The load of the redis figure.
const (
	redisClients = 50
	redisKeys    = 100_000
	redisValue   = 128
	redisIdle    = 1000 // connections that do nothing
	redisNodes   = 3    // of a cluster
)

// redisWork is one kind of work.
type redisWork struct {
	command  string
	pipeline int
}

// redisGoals are the least rate and the most processor time of pikv against Redis, by
// the pipeline.
var redisGoals = map[int][2]string{1: {"at least 1.0", "at most 1.3"}, 16: {"at least 1.5", "at most 0.8"}}

// redisClusterGoals are those of a cluster against a Redis Cluster.
var redisClusterGoals = [2]string{"at least 0.9", ""}

// redisFigure puts workers' doors for Redis clients beside Redis, by Redis' own
// benchmark.
func redisFigure(ctx context.Context, e effort) (section, error) {
	if _, err := exec.LookPath("redis-benchmark"); err != nil {
		return section{}, fmt.Errorf("%w: redis-benchmark is not installed", errSkipped)
	}
	rounds, requests := pick(e, 7, 2), pick(e, 200_000, 5_000)
	one, err := redisAlone(ctx, rounds, requests)
	if errors.Is(err, peers.ErrNotInstalled) {
		return section{}, fmt.Errorf("%w: %w", errSkipped, err)
	}
	if err != nil {
		return section{}, err
	}
	clusterRounds, clusterRequests := pick(e, 5, 2), pick(e, 600_000, 5_000)
	many, err := redisClusters(ctx, clusterRounds, clusterRequests)
	if err != nil {
		return section{}, err
	}
	idle, err := redisIdleCost(ctx, pick(e, 3, 1))
	if err != nil {
		return section{}, err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "One pikv worker with the only copy, and redis-server %s, both reached by redis-benchmark: %d connections, %d random keys, values of %d bytes, %d requests a turn (%d in pipelines). "+
		"Processor time of the server alone, by their own clocks. %d rounds after one to warm up, in each of which both take turns.\n\n",
		versionOf(ctx, "redis-server", "--version"), redisClients, redisKeys, redisValue, requests, 4*requests, rounds)
	text.WriteString(tableOf(one))
	fmt.Fprintf(&text, "\n%d workers with one copy of everything beside a Redis Cluster of %d masters, by `redis-benchmark --cluster`, which uses a thread for each node; all of it on the same processors. "+
		"Processor time of all servers. With threads redis-benchmark looks four times a second whether it is done, so that a turn is a multiple of 0.25 s: %d requests a turn make that "+
		"some two hundredths. %d rounds after one to warm up.\n\n", redisNodes, redisNodes, clusterRequests, clusterRounds)
	text.WriteString(tableOf(many))
	fmt.Fprintf(&text, "\n%d connections that have sent one PING and then nothing, at a worker that has done nothing else.\n\n", redisIdle)
	text.WriteString(tableOf(idle))
	data := measured()
	data.addRows("one server", one)
	data.addRows("three servers", many)
	data.addRows("idle connections", idle)
	return section{text: text.String(), data: data}, nil
}

// redisAlone compares a worker with Redis.
func redisAlone(ctx context.Context, rounds, requests int) ([]tableRow, error) {
	redis, err := peers.StartRedis(ctx)
	if err != nil {
		return nil, err
	}
	defer redis.Close()
	c, err := startCluster(ctx, 1, 1, "--resp-port", "any")
	if err != nil {
		return nil, err
	}
	defer end(c)
	return compareAll(ctx, []redisWork{{"SET", 1}, {"GET", 1}, {"SET", 16}, {"GET", 16}}, sideOf(c.Workers),
		redisSide{addr: redis.Addr, pids: []int{redis.PID()}}, rounds, requests)
}

// redisClusters compares some workers with a Redis Cluster of as many masters.
func redisClusters(ctx context.Context, rounds, requests int) ([]tableRow, error) {
	redis, err := peers.StartRedisCluster(ctx, redisNodes)
	if err != nil {
		return nil, err
	}
	side := redisSide{addr: redis[0].Addr, cluster: true}
	for _, s := range redis {
		defer s.Close()
		side.pids = append(side.pids, s.PID())
	}
	c, err := startCluster(ctx, redisNodes, 1, "--resp-port", "any")
	if err != nil {
		return nil, err
	}
	defer end(c)
	return compareAll(ctx, []redisWork{{"SET", 1}, {"GET", 1}}, sideOf(c.Workers), side, rounds, requests)
}

// sideOf makes a side of workers.
func sideOf(workers []*process.Process) redisSide {
	s := redisSide{addr: workers[0].RESP, cluster: len(workers) > 1}
	for _, w := range workers {
		s.pids = append(s.pids, w.PID())
	}
	return s
}

// redisIdleCost returns a row of what idle connections cost a worker, each round a new
// one.
func redisIdleCost(ctx context.Context, rounds int) ([]tableRow, error) {
	row := tableRow{name: "KiB of memory for each idle connection", goal: "at most 20", format: "%.2f"}
	for range rounds {
		c, err := startCluster(ctx, 1, 1, "--resp-port", "any")
		if err != nil {
			return nil, err
		}
		cost, err := idleCost(ctx, c.Workers[0].RESP, c.Workers[0].PID())
		end(c)
		if err != nil {
			return nil, err
		}
		row.values = append(row.values, cost)
	}
	return []tableRow{row}, nil
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
	if err == nil && after <= before {
		err = errors.New("idle connections take no memory: the worker had some to spare")
	}
	return float64(after-before) / redisIdle / 1024, err
}
