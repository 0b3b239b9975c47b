package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/urfave/cli/v2"
	"go.uber.org/zap"
)

const (
	// maxDevWorkers bounds --workers: more than that on one machine shows nothing new.
	maxDevWorkers = 32
	// portsToTry bounds the search for a worker's port.
	portsToTry = 200
	// devSettle is short, for it is known how many workers come.
	devSettle = 200 * time.Millisecond
	// devReadyTime bounds the wait for the first view.
	devReadyTime = 30 * time.Second
)

// devFlags are the few settings that a first try may want to change.
func devFlags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{Name: "workers", Usage: "how many workers, `N` from 1 to 32", Value: 3},
		&cli.StringFlag{Name: "rpc-port", Usage: "the master's `PORT`, 0 for any free one; the workers take the next free ones", Value: "7700"},
		&cli.StringFlag{Name: "resp-port", Usage: "the first worker's `PORT` for Redis clients, 0 for none, any for any free one; the others take the next free ones", Value: "7379"},
		&cli.StringFlag{Name: "partitions", Usage: "into how many partitions the keys are cut: a power of two, `N` up to 16384", Value: "1024"},
		&cli.StringFlag{Name: "replicas", Usage: "how many workers hold each partition, `N` from 1 to 3; pikv replicas N changes it", Value: "2"},
		&cli.StringFlag{Name: "on-loss", Usage: "what becomes of partitions of which every copy is gone: `ACTION` wait or reset", Value: "wait"},
		&cli.StringFlag{Name: "max-memory", Usage: "each worker's memory for entries, a `SIZE`", DefaultText: "half of the RAM, shared"},
		&cli.StringFlag{Name: "eviction", Usage: "what workers do when that is full: `POLICY` none (refuse writes) or lru (remove keys that were not used for long)", Value: "none"},
		&cli.StringFlag{Name: "log-level", Usage: "`LEVEL`: debug, info, warn or error", Value: "warn"},
	}
}

// devConfig parses the flags into the settings that all nodes share, and the
// number of workers.
func devConfig(c *cli.Context, m machine, dir string) (*config, int, error) {
	workers := c.Int("workers")
	typed := map[string]given{"name": {values: []string{"dev"}}, "data-dir": {values: []string{dir}}}
	for name, value := range map[string]string{"role": "master", "bind": "127.0.0.1", "gossip-port": "0", "discover": "off", "profile": "local", "move-rate": "none"} {
		typed[name] = given{values: []string{value}}
	}
	for _, name := range []string{"rpc-port", "resp-port", "partitions", "replicas", "on-loss", "log-level", "max-memory", "eviction"} {
		if value := c.String(name); value != "" {
			typed[name] = given{values: []string{value}}
		}
	}
	m.getenv = func(string) string { return "" } // what is set for a real node is not meant here
	cfg, err := assemble(m, typed)
	if workers < 1 || workers > maxDevWorkers {
		wrong := problems{fmt.Errorf("--workers: %d is not from 1 to %d", workers, maxDevWorkers)}
		if others, ok := errors.AsType[problems](err); ok {
			wrong = append(wrong, others...)
		}
		err = wrong
	}
	if err != nil {
		return nil, 0, &usageError{err}
	}
	if c.String("max-memory") == "" {
		cfg.maxMemory = max(cfg.maxMemory/int64(workers), minMemory)
	}
	cfg.settle, cfg.birthWorkers = devSettle, workers
	return cfg, workers, nil
}

// dev runs a master and workers in this process until it is asked to stop.
func dev(c *cli.Context, out, errOut io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "pikv-dev-")
	if err != nil {
		return fmt.Errorf("make a folder for the view: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	m := thisMachine()
	cfg, workers, err := devConfig(c, m, dir)
	if err != nil {
		return err
	}
	level := zap.NewAtomicLevelAt(cfg.logLevel)
	log := newLogger(errOut, cfg.logFormat, level)
	defer log.Sync()
	limitMemory(memoryLimit(cfg.maxMemory*int64(workers), cfg.inFlight(), m.ram, m.addressable))
	stop := catchSignals(os.Exit)
	defer stop.Close()

	cluster := newDevCluster(log, workers)
	defer func() {
		// Nodes that end one after the other miss each other, and warn. Nobody
		// who has just pressed Ctrl-C is to be warned of that.
		if cfg.logLevel == zap.WarnLevel {
			level.SetLevel(zap.ErrorLevel)
		}
		err = errors.Join(err, cluster.Close())
	}()
	if _, err := fmt.Fprintf(out, "Starting a master and %s in this process...\n", workerCount(workers)); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err = startUnless(stop.Asked, cancel, func() error { return cluster.Start(ctx, cfg, workers) })
	if err != nil || isClosed(ctx.Done()) {
		return err
	}
	cluster.Print(out, cfg.replicas)
	select {
	case <-stop.Asked:
		return nil
	case err := <-cluster.failed:
		return err
	}
}
