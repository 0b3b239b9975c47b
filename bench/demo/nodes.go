package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pikv/testcluster/process"
)

// demo holds what runs.
type demo struct {
	dir     string // temporary
	master  *process.Process
	workers []*process.Process // running, in the order of their start
}

func newDemo() (*demo, error) {
	for _, binary := range []string{"bin/pikvd", "bin/pikv"} {
		if _, err := os.Stat(binary); err != nil {
			return nil, fmt.Errorf("find the binaries: run `make demo`, which builds them first: %w", err)
		}
	}
	dir, err := os.MkdirTemp("", "pikv-demo-")
	return &demo{dir: dir}, err
}

// close kills what still runs and removes the files.
func (d *demo) close() error {
	for _, w := range d.workers {
		w.Kill()
	}
	if d.master != nil {
		d.master.Kill()
	}
	return os.RemoveAll(d.dir)
}

// start runs a node on loopback, on free ports, and prints its command.
func (d *demo) start(ctx context.Context, args ...string) (*process.Process, error) {
	command := append([]string{"bin/pikvd", "start", "--bind", "127.0.0.1", "--rpc-port", "0", "--resp-port", "0", "--gossip-port", "0"}, args...)
	fmt.Println("$", strings.Join(command, " "))
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	p, err := process.Start(ctx, process.Options{Command: command})
	if err == nil {
		fmt.Printf("  %s answers at %s\n", p.Name, p.RPC)
	}
	return p, err
}

func (d *demo) startMaster(ctx context.Context, flags ...string) (err error) {
	flags = append([]string{"--role", "master", "--name", "master", "--data-dir", filepath.Join(d.dir, "master")}, flags...)
	d.master, err = d.start(ctx, flags...)
	return err
}

// restartMaster stops the master and starts it with other flags; the workers go on.
func (d *demo) restartMaster(ctx context.Context, flags ...string) error {
	fmt.Printf("$ kill %d    # master\n", d.master.PID())
	if err := d.master.Stop(ctx); err != nil {
		return err
	}
	return d.startMaster(ctx, append([]string{"--join", d.workers[0].Gossip}, flags...)...)
}

func (d *demo) startWorker(ctx context.Context, name string, flags ...string) error {
	flags = append([]string{"--role", "worker", "--name", name, "--join", d.master.Gossip, "--max-memory", "64MB"}, flags...)
	w, err := d.start(ctx, flags...)
	if err == nil {
		d.workers = append(d.workers, w)
	}
	return err
}

// worker returns the running worker of that name.
func (d *demo) worker(name string) *process.Process {
	return d.workers[slices.IndexFunc(d.workers, func(w *process.Process) bool { return w.Name == name })]
}

// forget drops a worker that has ended.
func (d *demo) forget(w *process.Process) {
	d.workers = slices.DeleteFunc(d.workers, func(other *process.Process) bool { return other == w })
}

func (d *demo) startCluster(ctx context.Context) error {
	if err := d.startMaster(ctx); err != nil {
		return err
	}
	for _, name := range []string{"pi1", "pi2", "pi3"} {
		if err := d.startWorker(ctx, name); err != nil {
			return err
		}
	}
	if err := d.synced(ctx, 3); err != nil {
		return err
	}
	return d.show(ctx, "ring")
}

// stopCluster stops the workers, each of which hands over to the others
// first, and then the master. The last worker has nobody left to hand over to.
func (d *demo) stopCluster(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for len(d.workers) > 1 {
		w := d.workers[len(d.workers)-1]
		if err := w.Stop(ctx); err != nil {
			return err
		}
		d.forget(w)
		fmt.Printf("%s has handed over and stopped\n", w.Name)
	}
	last := d.workers[0]
	// The last worker says that its data is gone, and exits with 1.
	var exit *exec.ExitError
	if err := last.Stop(ctx); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		return fmt.Errorf("stop the last worker: it should have exited with 1: %w", err)
	}
	d.workers = nil
	fmt.Printf("%s was the last and has stopped; what it held is gone: pikv is a memory store\n", last.Name)
	if err := d.master.Stop(ctx); err != nil {
		return err
	}
	d.master = nil
	fmt.Println("the master has stopped")
	return nil
}
