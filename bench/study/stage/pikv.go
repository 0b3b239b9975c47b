package stage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pikv/bench/nodes"
	"pikv/bench/proc"
	"pikv/bench/study"
	"pikv/client"
	"pikv/placement"
	"pikv/testcluster/process"
	"pikv/wire"
)

// pikvCluster is a master and workers, as processes.
type pikvCluster struct {
	*nodes.Cluster
	hosts Hosts
}

// Times that starts and calls may take: simulated computers can be very slow.
const (
	startTime  = time.Minute
	settleTime = 5 * time.Minute
	callTime   = time.Minute
	dialTime   = 10 * time.Second
)

// StartPikv starts a cluster on hosts: the master on the first.
func StartPikv(ctx context.Context, hosts Hosts, w Wanted) (Changing, error) {
	c := &pikvCluster{hosts: hosts}
	o := nodes.Options{
		Pikvd: hosts.Pikvd, Replicas: w.Replicas, Workers: w.Workers, Client: c.options(), StartTime: startTime, SettleTime: settleTime,
	}
	for _, h := range hosts.All {
		o.Hosts = append(o.Hosts, nodes.Host{
			IP: h.IP, Env: h.Env, Flags: []string{"--max-memory", strconv.FormatInt(h.maxMemory(), 10)},
			Inside: func(command []string) []string { return h.command(0, command...) },
		})
	}
	var err error
	c.Cluster, err = nodes.Start(ctx, o)
	return c, err
}

// options are those of every client.
func (c *pikvCluster) options() []client.Option {
	o := []client.Option{client.WithTimeout(callTime), client.WithDialTimeout(dialTime)}
	if c.hosts.Dial != nil {
		o = append(o, client.WithDialer(c.hosts.Dial))
	}
	return o
}

// Connect implements Cluster.
func (c *pikvCluster) Connect(ctx context.Context, n int, mode string) (*Clients, error) {
	return connectPikv(ctx, []string{c.Master.RPC}, n, mode, c.options()...)
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
	return ownersOf(ctx, c.Client)
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
	used.Master = cpuOf(c.Master)
	for _, w := range c.Workers {
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
	for _, p := range append([]*process.Process{c.Master}, c.Workers...) {
		if ended(p) {
			lost = append(lost, p.Name)
		}
		names = append(names, p.Name)
	}
	if lost != nil {
		return strings.Join(lost, ", ")
	}
	return lostOf(ctx, c.Client, names)
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
