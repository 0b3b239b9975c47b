package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Result is what a run measured; it is plain data, ready for JSON.
type Result struct {
	Workload   Workload         `json:"workload"`
	Elapsed    time.Duration    `json:"elapsed_ns"`
	Throughput float64          `json:"requests_per_second"` // answered ones
	All        Latency          `json:"all"`
	Reads      Latency          `json:"reads"`
	Writes     Latency          `json:"writes"`
	Missing    int64            `json:"missing"` // reads that found no key; they are in Reads
	Errors     int64            `json:"errors"`  // requests that failed after the client's retries; in none of the latencies
	ErrorTexts map[string]int64 `json:"error_texts,omitempty"`
}

// Latency sums up a histogram: microseconds, exact to three digits.
type Latency struct {
	Count  int64   `json:"count"`
	MeanUS float64 `json:"mean_us"`
	P50US  int64   `json:"p50_us"`
	P95US  int64   `json:"p95_us"`
	P99US  int64   `json:"p99_us"`
	MaxUS  int64   `json:"max_us"`
}

func latencyOf(h *hdrhistogram.Histogram) Latency {
	if h.TotalCount() == 0 {
		return Latency{}
	}
	return Latency{
		Count:  h.TotalCount(),
		MeanUS: h.Mean(),
		P50US:  h.ValueAtQuantile(50),
		P95US:  h.ValueAtQuantile(95),
		P99US:  h.ValueAtQuantile(99),
		MaxUS:  h.Max(),
	}
}

// WriteText prints r as an aligned table for people.
func (r Result) WriteText(out io.Writer) error {
	w := r.Workload
	way := "direct"
	if w.Proxy {
		way = "through the master"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d requests by %d clients in %.2f s, %s, values of %d bytes, %.0f %% reads\n",
		r.All.Count+r.Errors, w.Clients, r.Elapsed.Seconds(), way, w.ValueSize, w.ReadShare*100)
	fmt.Fprintf(&b, "%.0f requests/s, %.2f MB/s of values\n", r.Throughput, r.megabytes())
	if w.Rate > 0 {
		fmt.Fprintf(&b, "due %.0f requests/s; latencies count from the moment that a request was due\n", w.Rate)
	}
	fmt.Fprintln(&b)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tcount\tmean\tp50\tp95\tp99\tmax\t")
	for _, row := range []struct {
		name string
		l    Latency
	}{{"reads", r.Reads}, {"writes", r.Writes}, {"all", r.All}} {
		if row.l.Count == 0 && row.name != "all" {
			continue
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t\n", row.name, row.l.Count,
			ms(row.l.MeanUS), ms(float64(row.l.P50US)), ms(float64(row.l.P95US)),
			ms(float64(row.l.P99US)), ms(float64(row.l.MaxUS)))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n%d errors", r.Errors)
	if r.Missing > 0 {
		fmt.Fprintf(&b, ", %d reads of keys that do not exist", r.Missing)
	}
	fmt.Fprintln(&b)
	texts := make([]string, 0, len(r.ErrorTexts))
	for text := range r.ErrorTexts {
		texts = append(texts, text)
	}
	slices.Sort(texts)
	for _, text := range texts {
		fmt.Fprintf(&b, "  %d x %s\n", r.ErrorTexts[text], text)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// megabytes returns the bytes of values moved per second, in 10^6.
func (r Result) megabytes() float64 {
	return r.Throughput * float64(r.Workload.ValueSize) / 1e6
}

// ms prints microseconds as milliseconds with three digits that count.
func ms(us float64) string {
	switch v := us / 1000; {
	case v < 10:
		return fmt.Sprintf("%.3f ms", v)
	case v < 100:
		return fmt.Sprintf("%.2f ms", v)
	default:
		return fmt.Sprintf("%.1f ms", v)
	}
}
