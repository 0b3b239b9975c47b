// Package nodes starts clusters of pikvd for benchmarks: a master and workers, each a
// process of its own on loopback or wherever its host puts it.
//
// Start returns when the workers share the partitions. Workers can be added, and
// Settled waits until nothing moves any more. Close kills what runs: what it holds is
// not needed.
package nodes

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

// Host is where a node runs. The zero value is this machine's loopback.
type Host struct {
	IP    string
	Env   []string // of the process
	Flags []string // of pikvd start
	// Inside returns the command line that runs a command there; nil for the command
	// line itself.
	Inside func(command []string) []string
}

// Options say what to start.
type Options struct {
	Pikvd    string // the binary
	Replicas int
	Workers  int
	// Hosts are the master's and then those of the workers in turn; nil for loopback.
	Hosts       []Host
	WorkerFlags []string        // of each, besides its host's
	Client      []client.Option // of Cluster.Client
	// How long a node may take to be ready, and a cluster to settle; 0 stands for a
	// quarter of a minute, and for three.
	StartTime, SettleTime time.Duration
}

// Cluster is one that runs. Not safe for concurrent use, but for its client.
type Cluster struct {
	Master  *process.Process
	Workers []*process.Process // w1, w2 and so on: also those that have ended
	Client  *client.Client     // one for whoever has the cluster

	o   Options
	dir string
}

// Start starts a cluster.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if o.StartTime == 0 {
		o.StartTime = 15 * time.Second
	}
	if o.SettleTime == 0 {
		o.SettleTime = 3 * time.Minute
	}
	dir, err := os.MkdirTemp("", "pikv-nodes-")
	if err != nil {
		return nil, fmt.Errorf("start a cluster: %w", err)
	}
	c := &Cluster{o: o, dir: dir}
	if err := c.begin(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start a cluster: %w", err), c.Close())
	}
	return c, nil
}

// begin starts the nodes, and waits until the workers share the partitions.
func (c *Cluster) begin(ctx context.Context) (err error) {
	if c.o.Hosts != nil && c.o.Workers >= len(c.o.Hosts) {
		return fmt.Errorf("%d workers and a master need more than %d computers", c.o.Workers, len(c.o.Hosts))
	}
	c.Master, err = c.start(ctx, c.host(0), "--role", "master", "--name", "master", "--data-dir", filepath.Join(c.dir, "master"),
		"--replicas", strconv.Itoa(c.o.Replicas))
	if err != nil {
		return err
	}
	for range c.o.Workers {
		if _, err := c.AddWorker(ctx); err != nil {
			return err
		}
	}
	if c.Client, err = client.New(ctx, []string{c.Master.RPC}, c.o.Client...); err != nil {
		return err
	}
	_, err = c.Settled(ctx, c.o.Workers)
	return err
}

// host is the master's for 0, and that of worker n.
func (c *Cluster) host(n int) Host {
	if c.o.Hosts == nil {
		return Host{IP: "127.0.0.1"}
	}
	return c.o.Hosts[n]
}

// start runs a node on free ports, until it is ready.
func (c *Cluster) start(ctx context.Context, h Host, args ...string) (*process.Process, error) {
	ctx, cancel := context.WithTimeout(ctx, c.o.StartTime)
	defer cancel()
	command := append([]string{c.o.Pikvd, "start", "--bind", h.IP, "--rpc-port", "0", "--resp-port", "0", "--gossip-port", "0"}, h.Flags...)
	command = append(command, args...)
	if h.Inside != nil {
		command = h.Inside(command)
	}
	return process.Start(ctx, process.Options{Command: command, Env: h.Env})
}

// AddWorker starts the next worker, on the host that is its own, with flags besides
// those of all, which win. It does not wait until it has its share.
func (c *Cluster) AddWorker(ctx context.Context, flags ...string) (*process.Process, error) {
	n := len(c.Workers) + 1
	if c.o.Hosts != nil && n >= len(c.o.Hosts) {
		return nil, fmt.Errorf("start worker %d: there is no computer left for it", n)
	}
	args := append([]string{"--role", "worker", "--name", fmt.Sprintf("w%d", n), "--join", c.Master.Gossip}, c.o.WorkerFlags...)
	w, err := c.start(ctx, c.host(n), append(args, flags...)...)
	if err == nil {
		c.Workers = append(c.Workers, w)
	}
	return w, err
}

// Settled waits until so many workers own partitions and nothing moves, as
// seen twice in a row, and returns how long that took.
func (c *Cluster) Settled(ctx context.Context, workers int) (time.Duration, error) {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(ctx, c.o.SettleTime)
	defer cancel()
	var last wire.StatusReply
	for {
		status, err := c.Client.Status(ctx)
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

// Close kills the processes. Its error is the client's, or that files are left.
func (c *Cluster) Close() error {
	var err error
	if c.Client != nil {
		err = c.Client.Close()
	}
	for _, w := range c.Workers {
		w.Kill()
	}
	if c.Master != nil {
		c.Master.Kill()
	}
	return errors.Join(err, os.RemoveAll(c.dir))
}
