// Command demo is `make demo`: it runs the two binaries on this machine as a
// user would, and shows what they do.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// limit bounds the whole demo.
const limit = 5 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	start := time.Now()
	err := run(ctx)
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "demo: stopped; all nodes are gone")
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
	fmt.Printf("\nAll of this took %.0f s. Next: bin/pikvd dev keeps a cluster running to play with.\n", time.Since(start).Seconds())
}

func run(ctx context.Context) (err error) {
	d, err := newDemo()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	for _, part := range []struct {
		title string
		run   func(context.Context) error
	}{
		{"A cluster of one master and three workers", d.startCluster},
		{"Real files in and out", d.files},
		{"The study's workload: 1024 requests of 128 bytes, 5 to 100 clients", d.study},
		{"A fourth worker joins and leaves again, under load", d.breathe},
		{"A worker dies, under load, and comes back", d.die},
		{"The master decides how many workers work", d.scale},
		{"A clean stop", d.stopCluster},
	} {
		fmt.Printf("\n== %s\n", part.title)
		if err := part.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.title, err)
		}
	}
	return nil
}
