package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"pikv/bench/proc"
)

// The micro-benchmarks of the figure store, see store/bench_test.go.
const (
	storeBenchmarks = "^Benchmark(Get|Overwrite|Resize)$"
	storeRounds     = 5
	storeOperations = 1_500_000
)

// The names that they give the stores.
const (
	storeEngine  = "engine"
	storeRWMutex = "rwmutex-map"
	storeMutex   = "mutex-map"
	storeSyncMap = "sync.Map"
)

// benchmarkKey is one benchmark of one store with so many threads.
type benchmarkKey struct {
	benchmark, store string
	threads          int
}

// benchmarks is what they printed, round by round.
type benchmarks struct {
	order  []benchmarkKey
	ns     map[benchmarkKey][]float64 // an operation
	allocs map[benchmarkKey][]float64 // an operation
}

// storeFigure compares the store alone with plain maps, each in a process of its
// own each round.
func storeFigure(ctx context.Context, _ effort) (section, error) {
	dir, err := os.MkdirTemp("", "pikv-store-")
	if err != nil {
		return section{}, fmt.Errorf("build the benchmarks: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary, err := buildTests(ctx, dir, "store")
	if err != nil {
		return section{}, err
	}
	b := benchmarks{ns: map[benchmarkKey][]float64{}, allocs: map[benchmarkKey][]float64{}}
	var stolen []float64 // percent of a round's time
	for range storeRounds {
		before, err := proc.ReadSteal()
		if err != nil {
			return section{}, err
		}
		for _, store := range [...]string{storeEngine, storeRWMutex, storeMutex, storeSyncMap} {
			if err := b.run(ctx, binary, store); err != nil {
				return section{}, err
			}
		}
		after, err := proc.ReadSteal()
		if err != nil {
			return section{}, err
		}
		stolen = append(stolen, after.Since(before))
	}
	goals, err := b.goals()
	if err != nil {
		return section{}, err
	}
	data := newTable("round", "benchmark", "store", "threads", "ns_per_operation", "allocations_per_operation", "stolen_percent")
	var text strings.Builder
	fmt.Fprintf(&text, "The store without a network: 1,000,000 keys of 16 bytes in 1024 engines, each under a mutex, beside Go's maps; %d operations in turn on random keys, "+
		"by one thread and by two. Overwriting is with values of 128 bytes, resizing with values of 64 to 192. %d rounds, in each a process of its own for each store, one after the other.\n\n", storeOperations, storeRounds)
	text.WriteString(tableOf(goals))
	text.WriteString("\n| | threads | store | ns an operation | allocations |\n|---|---|---|---|---|\n")
	for _, k := range b.order {
		ns, least, most := median(b.ns[k])
		allocs, _, _ := median(b.allocs[k])
		fmt.Fprintf(&text, "| %s | %d | %s | %.0f (%.0f-%.0f) | %.0f |\n", k.benchmark, k.threads, k.store, ns, least, most, allocs)
		for round, ns := range b.ns[k] {
			data.add(round+1, k.benchmark, k.store, k.threads, ns, b.allocs[k][round], stolen[round])
		}
	}
	return section{text: text.String(), data: data}, nil
}

// buildTests builds the tests of a package, into a file in dir.
func buildTests(ctx context.Context, dir, pkg string) (binary string, err error) {
	binary = filepath.Join(dir, pkg+".test")
	if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, "./"+pkg).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the benchmarks: %w: %s", err, out)
	}
	return binary, nil
}

// run runs the benchmarks of one store, and takes in what they print. In a process
// of its own no store bears the collector's work for another, and it is filled
// once for most of them, which takes longer than to measure it.
func (b *benchmarks) run(ctx context.Context, binary, store string) error {
	cmd := exec.CommandContext(ctx, binary, "-test.run", "^$", "-test.bench", storeBenchmarks+"/^"+regexp.QuoteMeta(store)+"$", "-test.cpu", "1,2",
		"-test.benchtime", fmt.Sprintf("%dx", storeOperations), "-test.benchmem")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = io.MultiWriter(os.Stderr, &out), os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run the benchmarks of %s: %w", store, err)
	}
	return b.read(out.String())
}

// benchmarkLine is what Go prints: the number of threads only if it is not 1.
var benchmarkLine = regexp.MustCompile(`(?m)^Benchmark(\w+)/([\w.-]+?)(?:-(\d+))?\s+\d+\s+([\d.]+) ns/op\s+\d+ B/op\s+(\d+) allocs/op`)

// read takes in what one run printed.
func (b *benchmarks) read(out string) error {
	lines := benchmarkLine.FindAllStringSubmatch(out, -1)
	if len(lines) == 0 {
		return errors.New("the benchmarks printed no figures")
	}
	for _, line := range lines {
		k := benchmarkKey{benchmark: line[1], store: line[2], threads: 1}
		if line[3] != "" {
			k.threads, _ = strconv.Atoi(line[3]) // digits
		}
		ns, err := strconv.ParseFloat(line[4], 64)
		if err != nil {
			return fmt.Errorf("read %q: %w", line[0], err)
		}
		allocs, err := strconv.ParseFloat(line[5], 64)
		if err != nil {
			return fmt.Errorf("read %q: %w", line[0], err)
		}
		if b.ns[k] == nil {
			b.order = append(b.order, k)
		}
		b.ns[k] = append(b.ns[k], ns)
		b.allocs[k] = append(b.allocs[k], allocs)
	}
	return nil
}

// goals compares the engine with a map behind an RWMutex, in speed.
func (b *benchmarks) goals() ([]tableRow, error) {
	var rows []tableRow
	for threads, goal := range []string{1: "at least 0.7", 2: "above 1"} {
		if goal == "" {
			continue
		}
		engine, plain := benchmarkKey{"Get", storeEngine, threads}, benchmarkKey{"Get", storeRWMutex, threads}
		if len(b.ns[engine]) == 0 || len(b.ns[engine]) != len(b.ns[plain]) {
			return nil, fmt.Errorf("no figures of GET with %d threads", threads)
		}
		rows = append(rows, tableRow{name: fmt.Sprintf("GETs a second : those of a map behind one RWMutex, threads: %d", threads), goal: goal, format: "%.2f",
			values: ratios(b.ns[plain], b.ns[engine])})
	}
	return append(rows, tableRow{name: "allocations a GET", goal: "0", format: "%.0f", values: b.allocs[benchmarkKey{"Get", storeEngine, 2}]}), nil
}
