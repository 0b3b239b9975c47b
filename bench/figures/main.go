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
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// A figure measures something and returns its section of the report.
type figure struct {
	name  string
	title string
	run   func(ctx context.Context) (string, error)
	named bool // measured only by name: it takes half an hour
}

var figures = []figure{
	{name: "placement", title: "Placement", run: placementFigure},
	{name: "moves", title: "Moves under load", run: movesFigure},
	{name: "proxy", title: "Direct against proxied", run: proxyFigure},
	{name: "simulation", title: "Simulated schedules", run: simulationFigure, named: true},
	{name: "chaos", title: "Faults", run: chaosFigure, named: true},
	{name: "failover", title: "Failover", run: onHosts("Failover")},
	{name: "masteraway", title: "The master away", run: onHosts("MasterAway")},
	{name: "repair", title: "Repair on slow links", run: onHosts("Repair")},
	{name: "replication", title: "What replication costs", run: replicationFigure},
	{name: "idle", title: "An idle cluster", run: idleFigure},
}

// wanted reports whether the figure is to be measured.
func (f figure) wanted(only string) bool {
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
	file := flag.String("write", "", "replace the figures' sections in this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	for _, f := range figures {
		if !f.wanted(*only) {
			continue
		}
		fmt.Fprintf(os.Stderr, "== %s\n", f.title)
		text, err := measure(ctx, f)
		if errors.Is(err, errNeedsRoot) {
			fmt.Fprintf(os.Stderr, "figures: %s is skipped: %v\n", f.name, err)
			continue
		}
		if err == nil && *file != "" {
			err = writeSection(*file, f, text)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "figures: %s: %v\n", f.name, err)
			os.Exit(1)
		}
		fmt.Println(text)
	}
}

// measure runs a figure and notes how much time other tenants of the machine
// took meanwhile.
func measure(ctx context.Context, f figure) (string, error) {
	from := provenance() // somebody may commit meanwhile
	before, err := readSteal()
	if err != nil {
		return "", err
	}
	text, err := f.run(ctx)
	if err != nil {
		return "", err
	}
	after, err := readSteal()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s\nMeasured by `make bench ONLY=%s`, %s; stolen by other tenants: %.1f %% of the time.\n", text, f.name, from, after.since(before)), nil
}
