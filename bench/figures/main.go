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
}

var figures = []figure{
	{"placement", "Placement", placementFigure},
	{"moves", "Moves under load", movesFigure},
	{"proxy", "Direct against proxied", proxyFigure},
	{"replication", "What replication costs", replicationFigure},
	{"idle", "An idle cluster", idleFigure},
	{"failover", "Failover", onHosts("Failover")},
	{"masteraway", "The master away", onHosts("MasterAway")},
	{"repair", "Repair on slow links", onHosts("Repair")},
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
	only := flag.String("only", "", "measure these figures alone, comma-separated, of "+names())
	file := flag.String("write", "", "replace the figures' sections in this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	for _, f := range figures {
		if *only != "" && !strings.Contains(","+*only+",", ","+f.name+",") {
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
	return fmt.Sprintf("%s\nMeasured by `make bench ONLY=%s`, %s; stolen by other tenants: %.1f %% of the time.\n", text, f.name, provenance(), after.since(before)), nil
}
