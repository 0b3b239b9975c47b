package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"text/tabwriter"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"pikv/client"
	"pikv/membership"
	"pikv/socket"
	"pikv/wire"
)

// devCluster is a cluster in one process. Not safe for concurrent use.
type devCluster struct {
	log      *zap.Logger
	nodes    []node     // the master first
	failed   chan error // has room for every node
	closed   chan struct{}
	watchers sync.WaitGroup // of the nodes' failures
}

// newDevCluster makes a cluster that has no node yet.
func newDevCluster(log *zap.Logger, workers int) *devCluster {
	return &devCluster{log: log, failed: make(chan error, workers+1), closed: make(chan struct{})}
}

// Start starts a master and workers, and waits until they serve.
func (d *devCluster) Start(ctx context.Context, cfg *config, workers int) error {
	alone := *cfg
	alone.respPort = 0 // Redis clients go straight to the workers
	m, err := d.add(ctx, alone)
	if err != nil {
		return err
	}
	next := devPorts{rpc: after(cfg.rpcPort), resp: cfg.respPort}
	for i := range workers {
		w := *cfg
		w.role = membership.RoleWorker
		w.name = "dev-" + strconv.Itoa(i+1)
		w.join = []string{m.GossipAddr()}
		if next, err = d.addOnNextPorts(ctx, w, next); err != nil {
			return err
		}
	}
	return d.wait(ctx)
}

// add starts one node.
func (d *devCluster) add(ctx context.Context, cfg config) (node, error) {
	n, err := newNode(&cfg, d.log.Named(cfg.name))
	if err != nil {
		return nil, err
	}
	if err := n.Start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", cfg.name, err), closeNode(n))
	}
	d.nodes = append(d.nodes, n)
	d.watchers.Go(func() {
		select {
		case err := <-n.Failed():
			if err != nil {
				d.failed <- fmt.Errorf("%s: %w", n.Name(), err)
			}
		case <-d.closed:
		}
	})
	return n, nil
}

// devPorts are ports to try next, as config has them.
type devPorts struct{ rpc, resp int }

// after returns the port after that one; what is no port stays.
func after(port int) int {
	if port <= 0 {
		return port
	}
	return port + 1
}

// addOnNextPorts starts one node on the first free ports from those on, and
// returns the ports for the next node.
func (d *devCluster) addOnNextPorts(ctx context.Context, cfg config, from devPorts) (devPorts, error) {
	next := from
	for {
		cfg.rpcPort, cfg.respPort = next.rpc, next.resp
		_, err := d.add(ctx, cfg)
		if err == nil {
			return devPorts{after(next.rpc), after(next.resp)}, nil
		}
		inUse, ok := errors.AsType[*socket.PortInUse](err)
		switch {
		case ok && inUse.Flag == socket.RPCPort:
			next.rpc++
		case ok && inUse.Flag == socket.RESPPort:
			next.resp++
		default:
			return next, err
		}
		if tried := max(next.rpc-from.rpc, next.resp-from.resp); tried > portsToTry || max(next.rpc, next.resp) > 1<<16-1 {
			return next, err
		}
	}
}

// wait returns once every worker owns partitions and each has all its copies, as
// a client sees it: whoever then does the first thing to try, and kills a
// worker with the second, finds what was promised.
func (d *devCluster) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, devReadyTime, errors.New("the cluster did not begin to serve in time"))
	defer cancel()
	c, err := client.New(ctx, []string{d.nodes[0].Addr()})
	if err != nil {
		return fmt.Errorf("ask the cluster: %w", err)
	}
	defer c.Close()
	for {
		status, err := c.Status(ctx)
		if err == nil && settled(status, len(d.nodes)-1) {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("wait for the workers: %w", errors.Join(context.Cause(ctx), err))
		}
	}
}

// settled reports whether every one of the workers owns partitions, and each
// partition has its copies, or as many as there are workers.
func settled(s wire.StatusReply, workers int) bool {
	owners := 0
	for _, m := range s.Members {
		if m.Primaries > 0 {
			owners++
		}
	}
	complete := s.Synced
	if s.Replicas > workers {
		complete += s.Degraded
	}
	return owners == workers && s.Partitions > 0 && complete == s.Partitions
}

// Print says where the nodes are and what to try first.
func (d *devCluster) Print(out io.Writer, replicas int) {
	fmt.Fprintf(out, "A whole pikv cluster runs here. Its data ends with it: Ctrl-C.\n\n")
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "NODE\tROLE\tRPC\tREDIS CLIENTS\tGOSSIP")
	role := membership.RoleMaster
	for _, n := range d.nodes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", n.Name(), role, n.Addr(), cmp.Or(n.RESPAddr(), "-"), n.GossipAddr())
		role = membership.RoleWorker
	}
	table.Flush()
	if workers := len(d.nodes) - 1; replicas > workers {
		fmt.Fprintf(out, "\n--replicas %d needs as many workers: with %s each key has %s.\n", replicas, workerCount(workers), copies(workers))
	}
	fmt.Fprintf(out, "\nTry, in another terminal:\n\n")
	if addr := d.nodes[0].Addr(); addr != "127.0.0.1:7700" {
		fmt.Fprintf(out, "  export PIKV_SEEDS=%s\n", addr)
	}
	fmt.Fprintf(out, "  pikv put hello world\n  pikv get hello\n  pikv locate hello\n  pikv status\n")
	if addr := d.nodes[1].RESPAddr(); addr != "" {
		fmt.Fprintf(out, "  %s set hello world\n", redisCLI(addr))
	}
	fmt.Fprintln(out)
}

// redisCLI is how Redis' own client is pointed at a node.
func redisCLI(addr string) string {
	host, port, _ := net.SplitHostPort(addr)
	return "redis-cli -c -h " + host + " -p " + port
}

// workerCount counts workers in words.
func workerCount(n int) string {
	if n == 1 {
		return "1 worker"
	}
	return fmt.Sprintf("%d workers", n)
}

// copies counts them in words.
func copies(n int) string {
	if n == 1 {
		return "only one copy"
	}
	return fmt.Sprintf("only %d copies", n)
}

// Close stops the workers side by side, without handing over: it all ends. The
// master goes last, so that no worker misses it and says so.
func (d *devCluster) Close() error {
	close(d.closed)
	d.watchers.Wait()
	if len(d.nodes) == 0 {
		return nil
	}
	var workers errgroup.Group
	for _, n := range d.nodes[1:] {
		workers.Go(func() error { return closeNode(n) })
	}
	return errors.Join(workers.Wait(), closeNode(d.nodes[0]))
}
