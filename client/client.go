package client

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"pikv/client/retry"
	"pikv/placement"
	"pikv/rpcclient"
	"pikv/wire"
)

// DefaultPort is the RPC port of a seed that does not name one.
const DefaultPort = "7700"

// Client talks to one cluster. New makes it. Safe for concurrent use: one
// Client serves a whole program.
type Client struct {
	cfg    config
	limits wire.Limits
	seeds  []string
	pool   *rpcclient.Pool
	table  atomic.Pointer[table] // never nil after New
	large  sizeMemory
	name   uint64 // of this client towards workers, see package retry
	window retry.Window
	watch  watch

	ctx    context.Context // of the client's own goroutines; ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup // the client's own goroutines

	mu struct {
		sync.Mutex
		closed   bool
		fetching chan struct{} // closed when the fetch under way ends; nil when none is
		fetched  time.Time     // when the last fetch ended
	}
}

// New connects to the cluster of which seeds are nodes, masters or workers, as
// "host:port" or "host" (DefaultPort), and fetches its view. Seeds that do not
// answer are tried in turn until one does; after the timeout, or the end of
// ctx, the error matches ErrUnavailable. A cluster without workers is no error
// yet: calls return ErrNoWorkers until it has one. ctx bounds New alone.
func New(ctx context.Context, seeds []string, opts ...Option) (*Client, error) {
	cfg := defaults()
	for _, opt := range opts {
		opt(&cfg)
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	seeds, err := parseSeeds(seeds)
	if err != nil {
		return nil, err
	}
	limits := wire.DefaultLimits()
	c := &Client{
		cfg:    cfg,
		limits: limits,
		seeds:  seeds,
		pool:   rpcclient.NewPool(rpcclient.Config{Dialer: cfg.dialer, DialTimeout: cfg.dial, DeadPeer: cfg.dead, Limits: limits, AtMost: largeValue, Bursts: cfg.bursts, Log: cfg.log}),
	}
	c.watch.c = c
	c.large.seed = maphash.MakeSeed()
	c.name = newName()
	c.table.Store(newTable(nil, ""))
	c.ctx, c.cancel = context.WithCancel(context.Background())
	if err := c.firstView(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// parseSeeds checks seeds and completes their ports.
func parseSeeds(seeds []string) ([]string, error) {
	if len(seeds) == 0 {
		return nil, errors.New("client: no seeds: give the address of at least one node")
	}
	var out []string
	for _, s := range seeds {
		host, port, err := net.SplitHostPort(s)
		if err != nil { // no port, or no address at all
			host, port = s, DefaultPort
		}
		if host == "" || port == "" || len(host) > 255 {
			return nil, fmt.Errorf("client: seed %q is not host:port", s)
		}
		out = append(out, net.JoinHostPort(host, port))
	}
	return out, nil
}

// Close closes the connections and waits for the client's goroutines. Calls
// in flight fail. A second Close does nothing.
func (c *Client) Close() error {
	c.mu.Lock()
	closed := c.mu.closed
	c.mu.closed = true
	c.mu.Unlock()
	if closed {
		c.wg.Wait()
		return nil
	}
	c.cancel()
	c.watch.close()
	err := c.pool.Close()
	c.wg.Wait()
	if err != nil {
		return fmt.Errorf("close the client's connections: %w", err)
	}
	return nil
}

// begin counts one of the client's own goroutines; it returns false, and
// counts nothing, after Close.
func (c *Client) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.closed {
		return false
	}
	c.wg.Add(1)
	return true
}

// bound gives a call its timeout; it refuses after Close.
func (c *Client) bound(ctx context.Context) (patience, error) {
	if c.ctx.Err() != nil {
		return patience{}, ErrClosed
	}
	return patience{ctx: ctx, deadline: time.Now().Add(c.cfg.timeout)}, nil
}

// partitionOf returns the partition of key by the cached view, fetching a
// view when there is none; ErrNoWorkers when the cluster has none either. In
// proxy mode the partition does not matter.
func (c *Client) partitionOf(p patience, key string) (placement.PartitionID, error) {
	if c.cfg.proxy {
		return 0, nil
	}
	t, err := c.born(p)
	if err != nil {
		return 0, err
	}
	return t.partition(key), nil
}
