package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
			&cli.IntFlag{Name: "clients", Value: 10, Usage: "`N` callers, each with one request under way"},
			&cli.IntFlag{Name: "connections", Usage: "`N` clients with connections of their own that the callers share", DefaultText: "each caller has its own"},
			&cli.Int64Flag{Name: "requests", Usage: "`N` requests to make", DefaultText: "1024, unless --duration is given"},
			&cli.DurationFlag{Name: "duration", Usage: "how `LONG` to run, such as 30s", DefaultText: "until all --requests are made"},
			&cli.IntFlag{Name: "value-size", Value: 128, Usage: "`N` bytes of a value"},
			&cli.Float64Flag{Name: "read-share", Value: 0.5, Usage: "the `SHARE` of requests that read, 0 to 1"},
			&cli.IntFlag{Name: "keys", Value: 1000, Usage: "`N` distinct keys"},
			&cli.StringFlag{Name: "prefix", Value: "bench:", Usage: "`TEXT` that the keys begin with"},
			&cli.BoolFlag{Name: "proxy", Usage: "send everything through the master, as the 2016 study first did"},
			&cli.Float64Flag{Name: "rate", Usage: "`N` requests per second to start, answered or not; latencies count from when each was due", DefaultText: "as fast as the answers come"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "`N` makes the choice of keys repeatable"},
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
	b.wrong.check(len(args) == 0, "it takes no argument")
	if err := b.w.Validate(); err != nil {
		b.wrong = append(b.wrong, inFlags(err)...)
	}
	b.wrong.check(b.connections >= 0 && b.connections <= max(b.w.Clients, 0), "--connections %d is not between 0 and --clients %d", b.connections, b.w.Clients)
	if err := b.mistakes(); err != nil {
		return err
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

// inFlags names the flags of the workload's fields that err complains of: "read
// share: why" is "--read-share: why".
func inFlags(err error) []string {
	list := strings.Split(err.Error(), "\n")
	for i, text := range list {
		field, why, _ := strings.Cut(text, ": ")
		either, or, two := strings.Cut(field, " or ")
		list[i] = "--" + strings.ReplaceAll(either, " ", "-")
		if two {
			list[i] += " or --" + or
		}
		list[i] += ": " + why
	}
	return list
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
