package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"pikv/bench"
	"pikv/bench/proc"
	"pikv/inspect"
	"pikv/testcluster/process"
)

// The load of the pauses figure.
const (
	pausesKeys    = 5_000_000
	pausesTime    = time.Minute
	pausesValue   = 128
	pausesCallers = 64
	pausesMemory  = "6GB"
)

// What the runtime calls what the figure reads.
const (
	gcCycles  = "/gc/cycles/total:gc-cycles"
	gcPauses  = "/sched/pauses/total/gc:seconds"    // until all goroutines stand still, and while they do
	gcCPU     = "/cpu/classes/gc/total:cpu-seconds" // up to the end of the last collection
	heapBytes = "/memory/classes/heap/objects:bytes"
)

// pausesFigure measures what the garbage collector does to a full worker under
// load.
func pausesFigure(ctx context.Context, e effort) (section, error) {
	keys, long := pick(e, pausesKeys, pausesKeys/50), pick(e, pausesTime, 2*time.Second)
	c, err := startCluster(ctx, 1, 1, "--max-memory", pausesMemory, "--debug-addr", "127.0.0.1:0")
	if err != nil {
		return section{}, err
	}
	defer c.close()
	w := bench.Workload{Clients: pausesCallers, Duration: long, ValueSize: pausesValue, ReadShare: 0.5, Keys: keys, Seed: 1}
	if err := bench.Fill(ctx, c.client, w); err != nil {
		return section{}, err
	}
	before, err := readCollector(ctx, c.workers[0])
	if err != nil {
		return section{}, err
	}
	r, err := bench.Run(ctx, []bench.Store{c.client}, w)
	if err != nil {
		return section{}, err
	}
	if r.Errors > 0 {
		return section{}, fmt.Errorf("measure: %d requests failed: %v", r.Errors, r.ErrorTexts)
	}
	after, err := readCollector(ctx, c.workers[0])
	if err != nil {
		return section{}, err
	}
	return section{text: fmt.Sprintf("%d keys with values of %d bytes in one worker (R=1), then %v of load: %d callers in a closed loop, half reads. "+
		"From the worker's own runtime metrics (`--debug-addr`), over that time; a pause is told as the upper end of its bucket.\n\n",
		keys, pausesValue, long, pausesCallers) + pausesText(before, after, r)}, nil
}

// collector is a reading of what a worker's garbage collector has done.
type collector struct {
	inspect.Metrics
	cpu time.Duration // that the whole process has used
}

func readCollector(ctx context.Context, p *process.Process) (collector, error) {
	m, err := readMetrics(ctx, p.Debug)
	if err != nil {
		return collector{}, err
	}
	cpu, err := proc.CPU(p.PID())
	return collector{m, cpu}, err
}

// pausesText prints what happened between two readings.
func pausesText(before, after collector, r bench.Result) string {
	grew := func(name string) float64 { return after.Numbers[name] - before.Numbers[name] }
	pauses := after.Histograms[gcPauses].Since(before.Histograms[gcPauses])
	atMost := func(share float64) string {
		if pauses.Count() == 0 {
			return "none"
		}
		return fmt.Sprintf("%.3f ms", 1000*pauses.AtMost(share))
	}
	var b strings.Builder
	b.WriteString("| | goal | |\n|---|---|---|\n")
	for _, row := range [][3]string{
		{"pause of the whole process, p99.9", "less than 1 ms", atMost(0.999)},
		{"pause of the whole process, median", "", atMost(0.5)},
		{"garbage collection, of the worker's processor time", "less than 2 %", fmt.Sprintf("%.2f %%", 100*grew(gcCPU)/(after.cpu-before.cpu).Seconds())},
		{"collections", "", fmt.Sprintf("%.0f", grew(gcCycles))},
		{"pauses", "", fmt.Sprint(pauses.Count())},
		{"heap in use after the load", "", fmt.Sprintf("%.0f MB", after.Numbers[heapBytes]/1e6)},
		{"requests a second", "", fmt.Sprintf("%.0f", r.Throughput)},
		{"latency p99", "", fmt.Sprintf("%.2f ms", float64(r.All.P99US)/1000)},
	} {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", row[0], row[1], row[2])
	}
	return b.String()
}

// readMetrics asks a node for what its runtime measures.
func readMetrics(ctx context.Context, addr string) (inspect.Metrics, error) {
	var m inspect.Metrics
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/debug/metrics", nil)
	if err != nil {
		return m, fmt.Errorf("read metrics: %w", err)
	}
	// A connection of its own: the load is minutes long, and an idle one would
	// be cut meanwhile.
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return m, fmt.Errorf("read metrics: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return m, fmt.Errorf("read metrics: %s", resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(&m); err != nil {
		return m, fmt.Errorf("read metrics: %w", err)
	}
	return m, nil
}
