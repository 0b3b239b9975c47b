package main

import (
	"bytes"
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
			"Writes them all first when there are reads. Says what the nodes' processors did for each\n" +
			"request when all of them run on this machine. Exits 1 when a request failed.",
		Flags: append(benchFlags(), commonFlags()...),
		Action: func(cc *cli.Context) error {
			return benchmarkOf(e, cc).Run(cc.Context, cc.Args().Slice())
		},
	}
}

// benchmark runs a workload.
type benchmark struct {
	session
	w           bench.Workload
	connections int // 0: one for each caller
	load, keep  bool
	histogram   string // "" for none
}

// Run executes the command.
func (b *benchmark) Run(ctx context.Context, args []string) (err error) {
	b.wrong.check(len(args) == 0, "it takes no argument")
	if err := b.mistakes(); err != nil {
		return err
	}
	clients, err := b.connectAll(ctx)
	defer func() {
		for _, c := range clients {
			err = firstOf(err, c.Close())
		}
	}()
	if err != nil {
		return err
	}
	stores := make([]bench.Store, len(clients))
	for i, c := range clients {
		stores[i] = c
	}
	run, err := bench.New(stores, b.w)
	if err != nil {
		return err
	}
	if !b.keep {
		defer func() { err = firstOf(err, b.clear(clients[0], run.Keys())) }()
	}
	res, err := b.measure(ctx, run, clients[0])
	if res == nil {
		return err
	}
	err = firstOf(err, b.print(*res))
	if err == nil && res.Errors > 0 {
		err = fmt.Errorf("%d of %d requests failed", res.Errors, res.Errors+res.All.Count)
	}
	return err
}

// connectAll makes the clients that the callers share. They are the caller's
// also with an error.
func (b *benchmark) connectAll(ctx context.Context) (clients []*client.Client, err error) {
	if b.session, err = b.located(ctx); err != nil { // once for all of them
		return nil, err
	}
	n := b.connections
	if n == 0 {
		n = b.w.Clients
	}
	var opts []client.Option
	if b.w.Proxy {
		opts = append(opts, client.WithProxy())
	}
	for range n {
		c, err := b.connect(ctx, opts...)
		if err != nil {
			return clients, err
		}
		clients = append(clients, c)
	}
	return clients, nil
}

// measure does what the flags ask for, and shows how far it has come. There is
// a result also of a run that was interrupted, but not of one that did not
// begin.
func (b *benchmark) measure(ctx context.Context, run *bench.Bench, c *client.Client) (*bench.Result, error) {
	bar := b.startBar(run)
	defer bar.stop()
	var loaded *bench.Loaded
	switch {
	case b.load:
		l, err := run.Load(ctx)
		if err != nil {
			return nil, err
		}
		loaded = &l
	case b.w.Reads():
		if err := bench.Fill(ctx, c, b.w); err != nil {
			return nil, err
		}
	}
	if err := run.WarmUp(ctx); err != nil {
		return nil, err
	}
	nodes := findNodes(ctx, c, b.w.Proxy)
	before := nodes.cpu()
	res, err := run.Run(ctx)
	res.Observed(nodes.used(before))
	res.Load = loaded
	return &res, err
}

// print prints the result and writes the histogram.
func (b *benchmark) print(res bench.Result) error {
	if b.histogram != "" {
		var text bytes.Buffer
		if err := res.WriteHistogram(&text); err != nil {
			return err
		}
		// Also after an interrupt: what was measured until then is printed, too.
		if err := replaceFile(context.Background(), b.histogram, text.Bytes()); err != nil {
			return fmt.Errorf("write the histogram: %w", err)
		}
	}
	if b.json {
		return writeJSON(b.stdout, res)
	}
	return res.WriteText(b.stdout)
}

// clear deletes the workload's keys, also after an interrupt, which a second
// one cuts short.
func (b *benchmark) clear(c *client.Client, keys int) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	w := b.w
	w.Keys = keys
	if err := bench.Clear(ctx, c, w); err != nil {
		return errors.Join(err, errors.New("keys that begin with "+b.w.Prefix+" are left in the cluster"))
	}
	return nil
}
