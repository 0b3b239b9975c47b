package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.uber.org/zap"
)

const (
	// drainTime bounds how long a worker hands over before it leaves: below
	// the 90 s after which systemd kills.
	drainTime = 60 * time.Second
	// closeTime bounds how long requests in flight may take to finish.
	closeTime = 10 * time.Second
)

// start runs one node until it is asked to stop or fails.
func start(cfg *config, out, errOut io.Writer) error {
	log := newLogger(errOut, cfg.logFormat, cfg.logLevel)
	defer log.Sync()
	m := thisMachine()
	limitMemory(memoryLimit(cfg.maxMemory, cfg.inFlight(), m.ram, m.addressable))

	stop := catchSignals(os.Exit)
	defer stop.Close()

	logStart(log, cfg)
	debug, stopDebug, err := startDebug(cfg.debugAddr, log)
	if err != nil {
		return err
	}
	defer stopDebug()
	n, err := newNode(cfg, log)
	if err != nil {
		return err
	}
	tell := func(state string) {
		if err := notify(m.getenv("NOTIFY_SOCKET"), state); err != nil {
			log.Warn("the service manager does not know how this node is", zap.Error(err))
		}
	}
	ready := func() error {
		_, err := fmt.Fprintln(out, readyLine(n, cfg.role, debug))
		if _, ok := n.(joiner); ok {
			tell(notifyLooking)
		} else {
			tell(notifyReady)
		}
		return err
	}
	return run(n, stop.Asked, log, moments{ready: ready, joined: func() { tell(notifyServing) }, leaving: func() { tell(notifyStopping) }})
}

// moments are what run calls when.
type moments struct {
	ready   func() error // it answers requests
	joined  func()       // a joiner is part of a cluster; never after leaving
	leaving func()       // it was asked to stop
}

// run starts n, calls ready once it serves, waits until asked is closed or the
// node fails, calls leaving, and stops it: first it hands over, then it leaves.
func run(n node, asked <-chan struct{}, log *zap.Logger, at moments) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := startUnless(asked, cancel, func() error { return n.Start(ctx) }); err != nil {
		return errors.Join(fmt.Errorf("start %s: %w", n.Name(), err), closeNode(n))
	}
	if isClosed(ctx.Done()) {
		return closeNode(n) // stopped as asked, only early
	}
	failed := at.ready()
	if failed == nil {
		failed = untilTheEnd(n, asked, log, at)
	}
	return errors.Join(failed, closeNode(n))
}

// untilTheEnd waits for what ends n, which serves, and has it hand over.
func untilTheEnd(n node, asked <-chan struct{}, log *zap.Logger, at moments) error {
	var joined <-chan struct{} // nil: nothing more to tell
	if j, ok := n.(joiner); ok {
		joined = j.Joined()
	}
	for {
		select {
		case <-joined:
			at.joined()
			joined = nil
		case <-asked:
			log.Info("asked to stop; ask once more to stop at once")
			at.leaving()
			return drain(n, log)
		case err := <-n.Failed():
			return err
		}
	}
}

// startUnless calls start, and cancel when asked is closed before start
// returns; a failure that follows from it is none. A stop that comes later must
// not end the context that the node began with: it still has to hand over.
func startUnless(asked <-chan struct{}, cancel func(), start func() error) error {
	started := make(chan struct{})
	watched := make(chan bool)
	go func() {
		select {
		case <-asked:
			cancel()
			watched <- true
		case <-started:
			watched <- false
		}
	}()
	err := start()
	close(started)
	if early := <-watched; early && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// closeNode stops n; its requests in flight get closeTime to finish.
func closeNode(n node) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if err := n.Close(ctx); err != nil {
		return fmt.Errorf("close %s: %w", n.Name(), err)
	}
	return nil
}

// drain hands over what n holds, if it holds anything.
func drain(n node, log *zap.Logger) error {
	d, ok := n.(drainer)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	begun := time.Now()
	if err := d.Drain(ctx); err != nil {
		return fmt.Errorf("hand over before leaving: %w", err)
	}
	log.Info("handed everything over", zap.Duration("took", time.Since(begun)))
	return nil
}

// isClosed reports whether c is closed.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
