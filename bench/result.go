package bench

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Result is what a run measured; it is plain data, ready for JSON.
type Result struct {
	Workload         Workload      `json:"workload"`
	Load             *Loaded       `json:"load,omitempty"` // what was written before, if that was measured
	Elapsed          time.Duration `json:"elapsed_ns"`
	Throughput       float64       `json:"requests_per_second"` // answered ones
	All              Latency       `json:"all"`
	Reads            Latency       `json:"reads"`
	Writes           Latency       `json:"writes"`
	ReadModifyWrites *Latency      `json:"read_modify_writes,omitempty"` // in neither Reads nor Writes
	Missing          int64         `json:"missing"`                      // reads that found no key; they are answered
	Errors           int64         `json:"errors"`                       // requests that failed after the client's retries; in none of the latencies
	// Server is the processor time of the nodes, if they could be observed.
	Server     *ServerTime      `json:"server_cpu,omitempty"`
	ErrorTexts map[string]int64 `json:"error_texts,omitempty"`

	histogram *hdrhistogram.Histogram // of all answered requests
}

// ServerTime is the processor time that the nodes used during the run, all
// together.
type ServerTime struct {
	Processes    int     `json:"processes"`
	MicrosPerReq float64 `json:"us_per_request"`
}

// Latency sums up a histogram: microseconds, exact to three digits.
type Latency struct {
	Count   int64   `json:"count"`
	MeanUS  float64 `json:"mean_us"`
	P50US   int64   `json:"p50_us"`
	P95US   int64   `json:"p95_us"`
	P99US   int64   `json:"p99_us"`
	P999US  int64   `json:"p999_us"`
	P9999US int64   `json:"p9999_us"`
	MaxUS   int64   `json:"max_us"`
}

func latencyOf(h *hdrhistogram.Histogram) Latency {
	if h.TotalCount() == 0 {
		return Latency{}
	}
	return Latency{
		Count:   h.TotalCount(),
		MeanUS:  h.Mean(),
		P50US:   h.ValueAtQuantile(50),
		P95US:   h.ValueAtQuantile(95),
		P99US:   h.ValueAtQuantile(99),
		P999US:  h.ValueAtQuantile(99.9),
		P9999US: h.ValueAtQuantile(99.99),
		MaxUS:   h.Max(),
	}
}

// Observed notes how much processor time so many processes, which are all the
// nodes that the requests went to, used for the run.
func (r *Result) Observed(processes int, used time.Duration) {
	if processes > 0 && r.All.Count > 0 {
		r.Server = &ServerTime{Processes: processes, MicrosPerReq: float64(used.Nanoseconds()) / 1e3 / float64(r.All.Count)}
	}
}

// WriteHistogram prints the latencies of all answered requests, in
// milliseconds, in the text form of HdrHistogram, which its plotter reads.
func (r Result) WriteHistogram(out io.Writer) error {
	if r.histogram == nil {
		return errors.New("there is no histogram: nothing was measured")
	}
	const steps, microsInMilli = 5, 1000
	if _, err := r.histogram.PercentilesPrint(out, steps, microsInMilli); err != nil {
		return fmt.Errorf("write the histogram: %w", err)
	}
	return nil
}
