package main

import (
	"context"
	"fmt"
	"os"

	"pikv/bench/nodes"
)

// daemon is measured; its path is from the project's folder.
const daemon = "bin/pikvd"

// workerMemory is more than most figures store; a flag that comes later wins.
const workerMemory = "2GB"

// startCluster starts a cluster on loopback, whose workers get the flags besides what
// every figure gives them.
func startCluster(ctx context.Context, workers, replicas int, flags ...string) (*nodes.Cluster, error) {
	if _, err := os.Stat(daemon); err != nil {
		return nil, fmt.Errorf("start cluster: there is nothing to measure: run `make build` in the project's folder, and this from there: %w", err)
	}
	return nodes.Start(ctx, nodes.Options{Pikvd: daemon, Replicas: replicas, Workers: workers, WorkerFlags: append([]string{"--max-memory", workerMemory}, flags...)})
}

// end kills a cluster. That a file of it is left is no reason to lose a figure.
func end(c *nodes.Cluster) { _ = c.Close() }
