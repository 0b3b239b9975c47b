package main

import (
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// stopSignals are those that ask a node to stop: the service manager's, Ctrl-C,
// and the end of the terminal unless nohup has it ignored.
func stopSignals() []os.Signal {
	signals := []os.Signal{unix.SIGTERM, unix.SIGINT}
	if !signal.Ignored(unix.SIGHUP) {
		signals = append(signals, unix.SIGHUP)
	}
	return signals
}

// echoTime is how long after the first signal another counts as the same wish:
// timeout(1) and some shells signal a process and then its group, too.
const echoTime = 300 * time.Millisecond

// stopper turns signals into a stop: the first closes Asked, so that the node
// can hand over and leave; the next one, unless it is an echo, calls exit.
type stopper struct {
	Asked   chan struct{}
	signals chan os.Signal
	done    chan struct{}
	ended   chan struct{}
}

// catchSignals starts to catch. Close ends it.
func catchSignals(exit func(code int)) *stopper {
	s := newStopper(exit)
	signal.Notify(s.signals, stopSignals()...)
	return s
}

// newStopper is catchSignals with nobody to send signals yet.
func newStopper(exit func(code int)) *stopper {
	s := &stopper{
		Asked:   make(chan struct{}),
		signals: make(chan os.Signal, 2),
		done:    make(chan struct{}),
		ended:   make(chan struct{}),
	}
	go s.run(exit)
	return s
}

// run waits for signals until Close.
func (s *stopper) run(exit func(code int)) {
	defer close(s.ended)
	var first time.Time
	for {
		select {
		case <-s.signals:
		case <-s.done:
			return
		}
		switch {
		case first.IsZero():
			first = time.Now()
			close(s.Asked)
		case time.Since(first) >= echoTime:
			exit(exitFailed)
		}
	}
}

// Close stops catching: the next signal ends the process as it would any.
func (s *stopper) Close() {
	signal.Stop(s.signals)
	close(s.done)
	<-s.ended
}
