package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"pikv/bench"
	"pikv/client"
)

func benchCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "bench",
		Usage:     "measure the cluster with a workload",
		ArgsUsage: " ",
		Description: "Reads and writes keys that begin with --prefix, and deletes them afterwards unless --keep.\n" +
			"Writes them all first when there are reads. Exits 1 when a request failed.",
		Flags: append([]cli.Flag{
			&cli.IntFlag{Name: "clients", Value: 10, Usage: "callers, each with one request under way"},
			&cli.IntFlag{Name: "connections", Usage: "clients with connections of their own that the callers share; 0: each caller has its own"},
			&cli.Int64Flag{Name: "requests", Usage: "requests to make (default 1024, unless --duration is given)"},
			&cli.DurationFlag{Name: "duration", Usage: "how long to run, such as 30s"},
			&cli.IntFlag{Name: "value-size", Value: 128, Usage: "bytes of a value"},
			&cli.Float64Flag{Name: "read-share", Value: 0.5, Usage: "share of requests that read, 0 to 1"},
			&cli.IntFlag{Name: "keys", Value: 1000, Usage: "distinct keys"},
			&cli.StringFlag{Name: "prefix", Value: "bench:", Usage: "what the keys begin with"},
			&cli.BoolFlag{Name: "proxy", Usage: "send everything through the master, as the 2016 study first did"},
			&cli.Float64Flag{Name: "rate", Usage: "requests per second to start, answered or not; latencies count from when each was due (0: as fast as the answers come)"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "makes the choice of keys repeatable"},
			&cli.BoolFlag{Name: "keep", Usage: "leave the keys in the cluster"},
		}, commonFlags()...),
		Action: func(cc *cli.Context) error {
			b := &benchmark{session: sessionOf(e, cc), connections: cc.Int("connections"), keep: cc.Bool("keep")}
			b.w = bench.Workload{
				Clients: cc.Int("clients"), Requests: cc.Int64("requests"), Duration: cc.Duration("duration"),
				ValueSize: cc.Int("value-size"), ReadShare: cc.Float64("read-share"), Keys: cc.Int("keys"),
				Prefix: cc.String("prefix"), Proxy: cc.Bool("proxy"), Rate: cc.Float64("rate"), Seed: cc.Uint64("seed"),
			}
			if !cc.IsSet("requests") && b.w.Duration == 0 {
				b.w.Requests = 1024
			}
			return b.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// benchmark runs a workload.
type benchmark struct {
	session
	w           bench.Workload
	connections int // 0: one for each caller
	keep        bool
}

// Run executes the command.
func (b *benchmark) Run(ctx context.Context, args []string) (err error) {
	if len(args) > 0 {
		return usagef("bench", "it takes no argument")
	}
	if err := b.w.Validate(); err != nil {
		return usagef("bench", "%v", err)
	}
	if b.connections < 0 || b.connections > b.w.Clients {
		return usagef("bench", "--connections %d is not between 0 and --clients %d", b.connections, b.w.Clients)
	}
	n := b.connections
	if n == 0 {
		n = b.w.Clients
	}
	var opts []client.Option
	if b.w.Proxy {
		opts = append(opts, client.WithProxy())
	}
	var stores []bench.Store
	var clients []*client.Client
	defer func() {
		for _, c := range clients {
			err = firstOf(err, c.Close())
		}
	}()
	for range n {
		c, err := b.connect(ctx, opts...)
		if err != nil {
			return err
		}
		clients, stores = append(clients, c), append(stores, c)
	}
	if !b.keep {
		defer func() { err = firstOf(err, b.clear(clients[0])) }()
	}
	if b.w.ReadShare > 0 {
		if err := bench.Fill(ctx, clients[0], b.w); err != nil {
			return err
		}
	}
	return b.measure(ctx, stores)
}

// measure runs the workload and prints the result, also that of a run that was
// interrupted.
func (b *benchmark) measure(ctx context.Context, stores []bench.Store) error {
	res, err := bench.Run(ctx, stores, b.w)
	if b.json {
		err = firstOf(err, writeJSON(b.stdout, res))
	} else {
		err = firstOf(err, res.WriteText(b.stdout))
	}
	if err == nil && res.Errors > 0 {
		err = fmt.Errorf("%d of %d requests failed", res.Errors, res.Errors+res.All.Count)
	}
	return err
}

// clear deletes the workload's keys, also after an interrupt, which a second
// one cuts short.
func (b *benchmark) clear(c *client.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := bench.Clear(ctx, c, b.w); err != nil {
		return errors.Join(err, errors.New("keys that begin with "+b.w.Prefix+" are left in the cluster"))
	}
	return nil
}
