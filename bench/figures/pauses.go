package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	pausesForced  = 20 * time.Second // behind it, with forced collections
	pausesValue   = 128
	pausesCallers = 64
	pausesMemory  = "6GB"
)

// What the runtime calls what the figure reads.
const (
	gcCycles    = "/gc/cycles/total:gc-cycles"
	gcPauses    = "/sched/pauses/total/gc:seconds"    // until all goroutines stand still, and while they do
	otherPauses = "/sched/pauses/total/other:seconds" // the same, for whatever else the runtime stops them
	gcCPU       = "/cpu/classes/gc/total:cpu-seconds" // up to the end of the last collection
	heapBytes   = "/memory/classes/heap/objects:bytes"
)

// pausesFigure measures what the garbage collector does to a full worker under
// load, and for how long all of it stands still, for whatever reason.
func pausesFigure(ctx context.Context, e effort) (section, error) {
	keys, long := pick(e, pausesKeys, pausesKeys/50), pick(e, pausesTime, 2*time.Second)
	c, err := startCluster(ctx, 1, 1, "--max-memory", pausesMemory, "--debug-addr", "127.0.0.1:0")
	if err != nil {
		return section{}, err
	}
	defer end(c)
	w := bench.Workload{Clients: pausesCallers, Duration: long, ValueSize: pausesValue, ReadShare: 0.5, Keys: keys, Seed: 1}
	if err := bench.Fill(ctx, c.Client, w); err != nil {
		return section{}, err
	}
	worker, stores := c.Workers[0], []bench.Store{c.Client}
	left, err := collectorDuring(ctx, worker, func() (bench.Result, error) { return bench.Run(ctx, stores, w) })
	if err != nil {
		return section{}, err
	}
	w.Duration = pick(e, pausesForced, time.Second)
	forced, err := collectorDuring(ctx, worker, func() (bench.Result, error) { return runCollecting(ctx, stores, w, worker.Debug) })
	if err != nil {
		return section{}, err
	}
	return section{text: fmt.Sprintf("%d keys with values of %d bytes in one worker (R=1), then %v of load: %d callers in a closed loop, half reads. "+
		"Then %v more, in which one collection after the other is forced, since a full worker seldom collects by itself. "+
		"From the worker's own runtime metrics (`--debug-addr`); a pause is of all goroutines, for a collection or anything else that the runtime stops them for, and told as the upper end of its bucket.\n\n",
		keys, pausesValue, long, pausesCallers, w.Duration) + pausesText(left, forced), data: pausesData(left, forced)}, nil
}

// collecting is what a worker's garbage collector did during some load.
type collecting struct {
	before, after collector
	load          bench.Result
}

// collectorDuring looks at the collector of a worker before and after load.
func collectorDuring(ctx context.Context, worker *process.Process, load func() (bench.Result, error)) (c collecting, err error) {
	if c.before, err = readCollector(ctx, worker); err != nil {
		return c, err
	}
	if c.load, err = load(); err != nil {
		return c, err
	}
	if c.load.Errors > 0 {
		return c, fmt.Errorf("measure: %d requests failed: %v", c.load.Errors, c.load.ErrorTexts)
	}
	c.after, err = readCollector(ctx, worker)
	return c, err
}

// runCollecting runs w while the node at addr collects without end: it does
// before it answers with a profile of its heap, if it is asked to.
func runCollecting(ctx context.Context, stores []bench.Store, w bench.Workload, addr string) (bench.Result, error) {
	collecting, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		for {
			err := ask(collecting, addr, "/debug/pprof/heap?gc=1", func(body io.Reader) error {
				_, err := io.Copy(io.Discard, body)
				return err
			})
			if collecting.Err() != nil {
				err = nil // told to stop, perhaps in the middle
			}
			if err != nil || collecting.Err() != nil {
				done <- err
				return
			}
		}
	}()
	r, err := bench.Run(ctx, stores, w)
	stop()
	return r, errors.Join(err, <-done)
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

// pausesText prints what happened while the collector was left alone, and while
// it was forced.
func pausesText(left, forced collecting) string {
	var b strings.Builder
	b.WriteString("| | goal | left alone | forced |\n|---|---|---|---|\n")
	both := [2]collecting{left, forced}
	row := func(name, goal string, of func(c collecting) string) {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, goal, of(both[0]), of(both[1]))
	}
	row("pause of the whole process, p99.9", "less than 1 ms, left alone", func(c collecting) string { return pauseOf(c.pauses(), 0.999) })
	row("pause of the whole process, longest", "", func(c collecting) string { return pauseOf(c.pauses(), 1) })
	row("pause of the whole process, median", "", func(c collecting) string { return pauseOf(c.pauses(), 0.5) })
	row("garbage collection, of the worker's processor time", "less than 2 %, left alone", func(c collecting) string {
		return fmt.Sprintf("%.2f %%", 100*c.share())
	})
	row("collections", "", func(c collecting) string { return fmt.Sprintf("%.0f", c.grew(gcCycles)) })
	row("pauses", "", func(c collecting) string { return fmt.Sprint(c.pauses().Count()) })
	row("of these, for something else than a collection", "", func(c collecting) string { return fmt.Sprint(c.during(otherPauses).Count()) })
	row("longest of those", "", func(c collecting) string { return pauseOf(c.during(otherPauses), 1) })
	row("heap in use afterwards", "", func(c collecting) string { return fmt.Sprintf("%.0f MB", c.after.Numbers[heapBytes]/1e6) })
	row("requests a second", "", func(c collecting) string { return fmt.Sprintf("%.0f", c.load.Throughput) })
	row("latency p99", "", func(c collecting) string { return fmt.Sprintf("%.2f ms", float64(c.load.All.P99US)/1000) })
	return b.String()
}

// pausesData has every pause, by the upper end of its bucket.
func pausesData(left, forced collecting) *table {
	data := newTable("collections", "measured", "value")
	for _, c := range []struct {
		name string
		collecting
	}{{"left alone", left}, {"forced", forced}} {
		for _, kind := range []struct{ name, metric string }{{"pause in ms", gcPauses}, {"pause in ms, not for a collection", otherPauses}} {
			pauses := c.during(kind.metric)
			count := pauses.Count()
			for i := range count {
				data.add(c.name, kind.name, 1000*pauses.AtMost((float64(i)+0.5)/float64(count)))
			}
		}
		data.add(c.name, "share of the worker's processor time", c.share())
		data.add(c.name, "requests a second", c.load.Throughput)
	}
	return data
}

// share is the collector's of the worker's processor time.
func (c collecting) share() float64 {
	return c.grew(gcCPU) / (c.after.cpu - c.before.cpu).Seconds()
}

// grew returns by how much a counter did.
func (c collecting) grew(name string) float64 { return c.after.Numbers[name] - c.before.Numbers[name] }

// during returns what a histogram counted meanwhile.
func (c collecting) during(name string) inspect.Histogram {
	return c.after.Histograms[name].Since(c.before.Histograms[name])
}

// pauses are all of the whole process.
func (c collecting) pauses() inspect.Histogram {
	return c.during(gcPauses).And(c.during(otherPauses))
}

// pauseOf returns what a share of the pauses was at most.
func pauseOf(pauses inspect.Histogram, share float64) string {
	if pauses.Count() == 0 {
		return "none"
	}
	return fmt.Sprintf("%.3f ms", 1000*pauses.AtMost(share))
}

// readMetrics asks a node for what its runtime measures.
func readMetrics(ctx context.Context, addr string) (m inspect.Metrics, err error) {
	err = ask(ctx, addr, "/debug/metrics", func(body io.Reader) error { return json.NewDecoder(body).Decode(&m) })
	return m, err
}

// ask makes a request to the debug address of a node, on a connection of its
// own: an idle one would be cut during minutes of load.
func ask(ctx context.Context, addr, path string, read func(body io.Reader) error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask: %w", err) // it names the path
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s: %s", path, resp.Status)
	}
	if err := read(resp.Body); err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	return nil
}
