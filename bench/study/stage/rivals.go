package stage

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"pikv/bench"
	"pikv/bench/peers"
	"pikv/bench/proc"
	"pikv/bench/study"
	"pikv/client"
	"pikv/placement"
)

// memcached gets so many megabytes, and may have values of the study's largest size.
const memcachedMegabytes = 1024

var memcachedFlags = []string{"-I", "8m"}

// rival is a store of others: servers, and a rule that says which has a key.
type rival struct {
	hosts   Hosts
	servers []*peers.Server
	names   []string
	dial    func(ctx context.Context, s *peers.Server) (peers.Conn, error)
	owner   func(key string) int
}

// startRival starts one on the workers' hosts.
func startRival(ctx context.Context, hosts Hosts, w Wanted) (Cluster, error) {
	if w.Workers >= len(hosts.All) {
		return nil, fmt.Errorf("start %s: %d servers need more than %d computers", w.Store, w.Workers, len(hosts.All)-1)
	}
	c := &rival{hosts: hosts}
	var err error
	if w.Store == study.Redis {
		err = c.startRedis(ctx, w.Workers)
	} else {
		err = c.startMemcached(ctx, w.Workers)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	for i := range c.servers {
		c.names = append(c.names, fmt.Sprintf("w%d", i+1))
	}
	return c, nil
}

// startRedis starts a Redis Cluster of so many masters. Each does its work in one
// thread, which has one processor at most, whatever its computer has.
func (c *rival) startRedis(ctx context.Context, n int) (err error) {
	var on []peers.Host
	for _, h := range c.hosts.All[1 : n+1] {
		on = append(on, c.place(h, 1))
	}
	c.servers, err = peers.StartRedisClusterOn(ctx, on)
	c.dial = func(ctx context.Context, s *peers.Server) (peers.Conn, error) { return s.DialRedis(ctx) }
	c.owner = func(key string) int { return peers.SlotOwner(placement.Slot([]byte(key)), n) }
	return err
}

// startMemcached starts so many of them, behind the ring that pikv would have of
// workers of their names.
func (c *rival) startMemcached(ctx context.Context, n int) error {
	var members []placement.Member
	index := make(map[string]int)
	for i, h := range c.hosts.All[1 : n+1] {
		s, err := peers.StartMemcachedOn(ctx, c.place(h, 0), memcachedMegabytes, memcachedFlags...)
		if err != nil {
			return err
		}
		c.servers = append(c.servers, s)
		name := fmt.Sprintf("w%d", i+1)
		members, index[name] = append(members, placement.Member{Name: name, Weight: 1}), i
	}
	const partitions = 1024 // pikv's default
	ring, err := placement.NewRing(members, partitions)
	if err != nil {
		return err
	}
	c.dial = func(ctx context.Context, s *peers.Server) (peers.Conn, error) { return s.DialMemcached(ctx) }
	c.owner = func(key string) int { return index[ring.Owner(placement.PartitionOf([]byte(key), partitions))] }
	return nil
}

// place is a host as servers of others know it.
func (c *rival) place(h Host, processors int) peers.Host {
	if h.Inside == nil {
		return peers.Host{} // loopback, with ports of their own
	}
	return peers.Host{IP: h.IP, Dial: c.hosts.Dial, Inside: func(command []string) []string { return h.Inside(command, processors) }}
}

// Connect implements Cluster: each client has a connection to each server.
func (c *rival) Connect(ctx context.Context, n int, mode string) (*Clients, error) {
	if mode != study.Direct {
		return nil, fmt.Errorf("connect %s: %w", mode, ErrNotHere)
	}
	var all Clients
	for range n {
		store := rivalStore{owner: c.owner}
		for _, s := range c.servers {
			conn, err := c.dial(ctx, s)
			if err != nil {
				return nil, errors.Join(err, all.Close())
			}
			store.conns, all.close = append(store.conns, conn), append(all.close, conn.Close)
		}
		all.Stores = append(all.Stores, store)
	}
	return &all, nil
}

// rivalStore is one client.
type rivalStore struct {
	conns []peers.Conn
	owner func(key string) int
}

var _ bench.Store = rivalStore{}

// Get implements bench.Store.
func (s rivalStore) Get(ctx context.Context, key string) ([]byte, error) {
	return s.conns[s.owner(key)].Get(ctx, key)
}

// Put implements bench.Store. It knows no options and no versions.
func (s rivalStore) Put(ctx context.Context, key string, value []byte, _ ...client.PutOption) (uint64, error) {
	return 0, s.conns[s.owner(key)].Put(ctx, key, value)
}

// Owners implements Cluster.
func (c *rival) Owners(context.Context) ([]string, func(key string) int, error) {
	return c.names, c.owner, nil
}

// CPU implements Cluster.
func (c *rival) CPU(context.Context) (used Used, err error) {
	for _, s := range c.servers {
		cpu, err := proc.CPU(s.PID())
		if err == nil && !s.Ended() { // else Lost tells
			used.Workers += cpu
		}
	}
	return used, nil
}

// Lost implements Cluster.
func (c *rival) Lost(context.Context) string {
	var lost []string
	for i, s := range c.servers {
		if s.Ended() {
			lost = append(lost, c.names[i])
		}
	}
	return strings.Join(lost, ", ")
}

// Dilation implements Cluster.
func (c *rival) Dilation() float64 { return c.hosts.Dilation }

// Close implements Cluster.
func (c *rival) Close() error {
	for _, s := range c.servers {
		s.Close()
	}
	return nil
}

// MissingRivals returns the names of the programs that F9 needs and that are not there.
func MissingRivals() (missing []string) {
	for _, program := range []string{"redis-server", "redis-cli", "memcached"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	return missing
}
