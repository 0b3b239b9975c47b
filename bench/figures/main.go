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
	"strings"
	"syscall"

	"pikv/bench/peers"
	"pikv/bench/proc"
)

// A figure measures something and returns its section of the report.
type figure struct {
	name  string
	title string
	run   func(ctx context.Context, effort effort) (section, error)
	named bool // measured only by name: it takes half an hour
	quick bool // it can be had in short
}

// effort says how long to measure.
type effort bool

// In short a figure shows that it can be measured, not what it is.
const (
	inFull  effort = false
	inShort effort = true
)

// pick returns what belongs to the effort.
func pick[T any](e effort, full, short T) T {
	if e == inShort {
		return short
	}
	return full
}

// section is what a figure has to say.
type section struct {
	text string
	data *table // what was measured, for a file of its own; nil for none
}

// text makes a figure of what measures in full only, and has no file.
func text(run func(ctx context.Context) (string, error)) func(context.Context, effort) (section, error) {
	return func(ctx context.Context, _ effort) (section, error) {
		text, err := run(ctx)
		return section{text: text}, err
	}
}

var figures = []figure{
	{name: "placement", title: "Placement", run: text(placementFigure)},
	{name: "peers", title: "Beside a bare socket, Redis and memcached", run: peersFigure, quick: true},
	{name: "memory", title: "Memory", run: memoryFigure, quick: true},
	{name: "moves", title: "Moves under load", run: text(movesFigure)},
	{name: "large", title: "Large values", run: largeFigure, quick: true},
	{name: "pauses", title: "Garbage collection", run: pausesFigure, quick: true},
	{name: "proxy", title: "Direct against proxied", run: text(proxyFigure)},
	{name: "proxycpu", title: "What a proxied request costs", run: proxyCPUFigure, quick: true},
	{name: "simulation", title: "Simulated schedules", run: text(simulationFigure), named: true},
	{name: "chaos", title: "Faults", run: text(chaosFigure), named: true},
	{name: "failover", title: "Failover", run: onHosts("Failover")},
	{name: "masteraway", title: "The master away", run: onHosts("MasterAway")},
	{name: "repair", title: "Repair on slow links", run: onHosts("Repair")},
	{name: "replication", title: "What replication costs", run: text(replicationFigure)},
	{name: "idle", title: "An idle cluster", run: text(idleFigure)},
}

// wanted reports whether the figure is to be measured.
func (f figure) wanted(only string, e effort) bool {
	if e == inShort && !f.quick {
		return false
	}
	if only == "" {
		return !f.named
	}
	return strings.Contains(","+only+",", ","+f.name+",")
}

// names lists the figures.
func names() string {
	var all []string
	for _, f := range figures {
		all = append(all, f.name)
	}
	return strings.Join(all, ", ")
}

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
	default:
		err = measureAll(ctx, *only, effort(*quick), *file)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "figures: %v\n", err)
		os.Exit(1)
	}
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

// measureAll measures the figures that are wanted, prints them, and writes them
// into file unless that is "".
func measureAll(ctx context.Context, only string, e effort, file string) error {
	for _, f := range figures {
		if !f.wanted(only, e) {
			continue
		}
		fmt.Fprintf(os.Stderr, "== %s\n", f.title)
		s, err := measure(ctx, f, e)
		if errors.Is(err, errNeedsRoot) {
			fmt.Fprintf(os.Stderr, "figures: %s is skipped: %v\n", f.name, err)
			continue
		}
		if err == nil && file != "" {
			err = writeSection(file, f, s)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		fmt.Println(s.text)
	}
	return nil
}

// measure runs a figure and notes how much time other tenants of the machine
// took meanwhile.
func measure(ctx context.Context, f figure, e effort) (section, error) {
	from := provenance() // somebody may commit meanwhile
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
