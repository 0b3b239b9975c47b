package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"pikv/client"
	"pikv/testcluster/process"
	"pikv/wire"
)

// cluster is one master and some workers, as processes on free loopback ports.
type cluster struct {
	dir     string
	master  *process.Process
	workers []*process.Process
	client  *client.Client
	flags   []string // of each worker
}

// daemon is measured; its path is from the project's folder.
const daemon = "bin/pikvd"

// startCluster starts a cluster, whose workers get the flags besides what every
// figure gives them.
func startCluster(ctx context.Context, workers, replicas int, flags ...string) (*cluster, error) {
	if _, err := os.Stat(daemon); err != nil {
		return nil, fmt.Errorf("start cluster: there is nothing to measure: run `make build` in the project's folder, and this from there: %w", err)
	}
	dir, err := os.MkdirTemp("", "pikv-figures-")
	if err != nil {
		return nil, fmt.Errorf("start cluster: %w", err)
	}
	c := &cluster{dir: dir, flags: flags}
	if err := c.begin(ctx, workers, replicas); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// begin starts the nodes, and waits until the workers share the partitions.
func (c *cluster) begin(ctx context.Context, workers, replicas int) (err error) {
	if c.master, err = c.start(ctx, "--role", "master", "--name", "master", "--data-dir", filepath.Join(c.dir, "master"),
		"--replicas", strconv.Itoa(replicas)); err != nil {
		return err
	}
	for range workers {
		if _, err := c.addWorker(ctx); err != nil {
			return err
		}
	}
	if c.client, err = client.New(ctx, []string{c.master.RPC}); err != nil {
		return err
	}
	_, err = c.settled(ctx, workers)
	return err
}

func (c *cluster) start(ctx context.Context, args ...string) (*process.Process, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	return process.Start(ctx, process.Options{
		Command: append([]string{daemon, "start", "--bind", "127.0.0.1", "--rpc-port", "0", "--resp-port", "0", "--gossip-port", "0"}, args...),
	})
}

// workerMemory is more than most figures store; a flag that comes later wins.
const workerMemory = "2GB"

func (c *cluster) addWorker(ctx context.Context) (*process.Process, error) {
	name := fmt.Sprintf("w%d", len(c.workers)+1)
	w, err := c.start(ctx, append([]string{"--role", "worker", "--name", name, "--join", c.master.Gossip, "--max-memory", workerMemory}, c.flags...)...)
	if err == nil {
		c.workers = append(c.workers, w)
	}
	return w, err
}

// settled waits until so many workers own partitions and nothing moves, as
// seen twice in a row, and returns how long that took.
func (c *cluster) settled(ctx context.Context, workers int) (time.Duration, error) {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	var last wire.StatusReply
	for {
		status, err := c.client.Status(ctx)
		owners, fewest, most := 0, status.Partitions, 0
		for _, m := range status.Members {
			if m.Primaries > 0 {
				owners++
				fewest, most = min(fewest, m.Primaries), max(most, m.Primaries)
			}
		}
		if err == nil && owners == workers && status.Synced == status.Partitions && most <= 2*fewest {
			if last.Epoch == status.Epoch {
				return time.Since(begin), nil
			}
			last = status
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("wait for %d workers to share the partitions: %w", workers, errors.Join(ctx.Err(), err))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// close kills the processes: what they hold is not needed any more.
func (c *cluster) close() {
	if c.client != nil {
		_ = c.client.Close()
	}
	for _, w := range c.workers {
		w.Kill()
	}
	if c.master != nil {
		c.master.Kill()
	}
	_ = os.RemoveAll(c.dir)
}
