// Command figures is `make bench`: it measures the figures that
// docs/BENCHMARKS.md records, on processes of the two binaries, and writes them
// into that file. The processes are on loopback; where cables are cut or slowed
// they are on hosts of their own, which takes root and is skipped without.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"pikv/bench/peers"
	"pikv/bench/proc"
)

func main() {
	only := flag.String("only", "", "measure these figures, comma-separated, of "+names()+"; default: all that take minutes")
	file := flag.String("write", "", "replace the figures' sections in this file, and what they measured in the folder bench beside it")
	quick := flag.Bool("quick", false, "measure in short those that can be: to see that they work, not for the record")
	echo := flag.String("echo", "", "be the echo of the figure peers, at this address")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch {
	case *echo != "":
		err = serveEcho(ctx, *echo)
	case *quick && *file != "":
		err = errors.New("what is measured in short is not for the record: give -quick or -write")
	case *quick:
		var end func()
		ctx, end = hurry(ctx)
		defer end()
		begun := time.Now()
		if err = measureAll(ctx, figures, *only, inShort, ""); err == nil {
			err = soonEnough(time.Since(begun))
		}
	default:
		if *file != "" {
			err = checkCommitted(ctx)
		}
		if err == nil {
			err = measureAll(ctx, figures, *only, inFull, *file)
		}
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "figures: %v\n", err)
		os.Exit(1)
	}
}

// quickLimit is far more than the two minutes that all in short takes: beyond it
// something hangs.
const quickLimit = 10 * time.Minute

var errHangs = fmt.Errorf("all of this takes two minutes, and is not done after %v: something hangs", quickLimit)

// What all in short should take, and what it may on a busy machine.
const (
	quickAim  = 2 * time.Minute
	quickMost = 4 * time.Minute
)

// soonEnough tells how long all in short took, and fails when that is no longer short.
func soonEnough(took time.Duration) error {
	took = took.Round(time.Second)
	fmt.Fprintf(os.Stderr, "== all in short: %v, of %v\n", took, quickAim)
	if took > quickMost {
		return fmt.Errorf("all of this should take %v, and took %v", quickAim, took)
	}
	return nil
}

// hurry ends the context when something hangs. What goes on a minute longer has not
// listened: the panic says where it stands.
func hurry(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithTimeoutCause(ctx, quickLimit, errHangs)
	deaf := time.AfterFunc(quickLimit+time.Minute, func() {
		debug.SetTraceback("all")
		panic(errHangs)
	})
	return ctx, func() { deaf.Stop(); cancel() }
}

// serveEcho answers until ctx ends.
func serveEcho(ctx context.Context, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { l.Close() })()
	return peers.ServeEcho(l)
}

// measureAll measures those of the figures that are wanted, prints them, and writes
// them into file unless that is "".
func measureAll(ctx context.Context, figures []figure, only string, e effort, file string) error {
	if err := checkNames(only); err != nil {
		return err
	}
	for _, f := range figures {
		if !f.wanted(only, e) {
			continue
		}
		fmt.Fprintf(os.Stderr, "== %s\n", f.title)
		begun := time.Now()
		s, err := measure(ctx, f, e)
		if errors.Is(err, errSkipped) {
			fmt.Fprintf(os.Stderr, "figures: %s: %v\n", f.name, err)
			continue
		}
		if err == nil && file != "" {
			err = writeSection(file, f, s)
		}
		if err != nil {
			if ctx.Err() != nil {
				err = errors.Join(context.Cause(ctx), err)
			}
			return fmt.Errorf("%s: %w", f.name, err)
		}
		fmt.Fprintf(os.Stderr, "== %s: %.0f s\n", f.title, time.Since(begun).Seconds())
		fmt.Println(s.text)
	}
	return nil
}

// measure runs a figure and notes how much time other tenants of the machine
// took meanwhile.
func measure(ctx context.Context, f figure, e effort) (section, error) {
	from := provenance(ctx) // somebody may commit meanwhile
	before, err := proc.ReadSteal()
	if err != nil {
		return section{}, err
	}
	s, err := f.run(ctx, e)
	if err != nil {
		return section{}, err
	}
	after, err := proc.ReadSteal()
	if err != nil {
		return section{}, err
	}
	s.text += fmt.Sprintf("\nMeasured by `make bench%s ONLY=%s`, %s; stolen by other tenants: %.1f %% of the time.\n",
		pick(e, "", "-quick"), f.name, from, after.Since(before))
	return s, nil
}
