package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"pikv/bench/proc"
	"pikv/bench/study"
	"pikv/client"
	"pikv/placement"
	"pikv/testcluster/process"
	"pikv/wire"
)

// pikvCluster is a master and workers, as processes.
type pikvCluster struct {
	hosts   Hosts
	dir     string
	master  *process.Process
	workers []*process.Process
	client  *client.Client // for the package's own questions
}

// Times that starts and calls may take: simulated computers can be very slow.
const (
	startTime = time.Minute
	callTime  = time.Minute
	dialTime  = 10 * time.Second
)

// StartPikv starts a cluster on hosts: the master on the first.
func StartPikv(ctx context.Context, hosts Hosts, w Wanted) (Changing, error) {
	dir, err := os.MkdirTemp("", "pikv-study-")
	if err != nil {
		return nil, fmt.Errorf("start a cluster: %w", err)
	}
	c := &pikvCluster{hosts: hosts, dir: dir}
	if err := c.begin(ctx, w); err != nil {
		return nil, errors.Join(fmt.Errorf("start a cluster: %w", err), c.Close())
	}
	return c, nil
}

func (c *pikvCluster) begin(ctx context.Context, w Wanted) (err error) {
	if w.Workers >= len(c.hosts.All) {
		return fmt.Errorf("%d workers and a master need more than %d computers", w.Workers, len(c.hosts.All))
	}
	c.master, err = c.start(ctx, c.hosts.All[0], "--role", "master", "--name", "master", "--data-dir", filepath.Join(c.dir, "master"),
		"--replicas", strconv.Itoa(w.Replicas), "--max-memory", strconv.FormatInt(c.hosts.All[0].maxMemory(), 10))
	if err != nil {
		return err
	}
	for range w.Workers {
		if err := c.startWorker(ctx); err != nil {
			return err
		}
	}
	if c.client, err = client.New(ctx, []string{c.master.RPC}, c.options()...); err != nil {
		return err
	}
	return c.settled(ctx, w.Workers)
}

// start runs a node on a host, on free ports.
func (c *pikvCluster) start(ctx context.Context, h Host, args ...string) (*process.Process, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	args = append([]string{c.hosts.Pikvd, "start", "--bind", h.IP, "--rpc-port", "0", "--resp-port", "0", "--gossip-port", "0"}, args...)
	return process.Start(ctx, process.Options{Command: h.command(0, args...), Env: h.Env})
}

// startWorker starts the next worker, on the host that is its own: that of worker n
// is the nth behind the master's.
func (c *pikvCluster) startWorker(ctx context.Context, flags ...string) error {
	n := len(c.workers) + 1
	if n >= len(c.hosts.All) {
		return fmt.Errorf("start worker %d: there is no computer left for it", n)
	}
	h := c.hosts.All[n]
	p, err := c.start(ctx, h, append([]string{"--role", "worker", "--name", fmt.Sprintf("w%d", n), "--join", c.master.Gossip,
		"--max-memory", strconv.FormatInt(h.maxMemory(), 10)}, flags...)...)
	if err == nil {
		c.workers = append(c.workers, p)
	}
	return err
}

// options are those of every client.
func (c *pikvCluster) options() []client.Option {
	o := []client.Option{client.WithTimeout(callTime), client.WithDialTimeout(dialTime)}
	if c.hosts.Dial != nil {
		o = append(o, client.WithDialer(c.hosts.Dial))
	}
	return o
}

// settled waits until so many workers own partitions and nothing moves, as
// seen twice in a row.
func (c *pikvCluster) settled(ctx context.Context, workers int) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
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
				return nil
			}
			last = status
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %d workers to share the partitions: %w", workers, errors.Join(ctx.Err(), err))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Connect implements Cluster.
func (c *pikvCluster) Connect(ctx context.Context, n int, mode string) (*Clients, error) {
	return connectPikv(ctx, []string{c.master.RPC}, n, mode, c.options()...)
}

// connectPikv makes clients of a cluster of pikv.
func connectPikv(ctx context.Context, seeds []string, n int, mode string, options ...client.Option) (*Clients, error) {
	if mode == study.Proxied {
		options = append(options, client.WithProxy())
	}
	var all Clients
	for range n {
		cl, err := client.New(ctx, seeds, options...)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("connect client %d: %w", len(all.Stores)+1, err), all.Close())
		}
		all.Stores, all.close = append(all.Stores, cl), append(all.close, cl.Close)
	}
	return &all, nil
}

// Owners implements Cluster.
func (c *pikvCluster) Owners(ctx context.Context) (names []string, owner func(key string) int, err error) {
	return ownersOf(ctx, c.client)
}

// ownersOf asks a cluster who has what at the moment.
func ownersOf(ctx context.Context, cl *client.Client) (names []string, owner func(key string) int, err error) {
	view, err := cl.View(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("ask who has which keys: %w", err)
	}
	index := make(map[placement.Incarnation]int) // of the nodes, among names
	for _, n := range view.Nodes {
		index[n.Incarnation] = -1
	}
	owners := make([]int, len(view.Partitions))
	for p, config := range view.Partitions {
		at := index[config.Primary]
		if at < 0 {
			at = len(names)
			index[config.Primary] = at
			i := slices.IndexFunc(view.Nodes, func(n placement.Node) bool { return n.Incarnation == config.Primary })
			names = append(names, view.Nodes[i].Name)
		}
		owners[p] = at
	}
	return names, func(key string) int { return owners[placement.PartitionOf([]byte(key), len(owners))] }, nil
}

// CPU implements Cluster.
func (c *pikvCluster) CPU(context.Context) (used Used, err error) {
	used.Master = cpuOf(c.master)
	for _, w := range c.workers {
		used.Workers += cpuOf(w)
	}
	return used, nil
}

// cpuOf returns what a process has used so far. One that has ended tells nothing; that
// is seen by Lost.
func cpuOf(p *process.Process) time.Duration {
	cpu, err := proc.CPU(p.PID())
	if err != nil || ended(p) {
		return 0
	}
	return cpu
}

// Lost implements Cluster.
func (c *pikvCluster) Lost(ctx context.Context) string {
	var lost, names []string
	for _, p := range append([]*process.Process{c.master}, c.workers...) {
		if ended(p) {
			lost = append(lost, p.Name)
		}
		names = append(names, p.Name)
	}
	if lost != nil {
		return strings.Join(lost, ", ")
	}
	return lostOf(ctx, c.client, names)
}

// lostOf asks a cluster which of some nodes it misses.
func lostOf(ctx context.Context, cl *client.Client, names []string) string {
	members, err := cl.Members(ctx)
	if err != nil {
		return "all, as far as can be seen: " + err.Error()
	}
	var lost []string
	for _, name := range names {
		i := slices.IndexFunc(members, func(m wire.MemberStatus) bool { return m.Name == name })
		if i < 0 || members[i].State == "dead" {
			lost = append(lost, name)
		}
	}
	return strings.Join(lost, ", ")
}

// ended reports whether a process has.
func ended(p *process.Process) bool {
	select {
	case <-p.Done():
		return true
	default:
		return false
	}
}

// Dilation implements Cluster.
func (c *pikvCluster) Dilation() float64 { return c.hosts.Dilation }

// Close kills the processes: what they hold is not needed any more.
func (c *pikvCluster) Close() error {
	var err error
	if c.client != nil {
		err = c.client.Close()
	}
	for _, w := range c.workers {
		w.Kill()
	}
	if c.master != nil {
		c.master.Kill()
	}
	return errors.Join(err, os.RemoveAll(c.dir))
}
