package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// WriteText prints r as an aligned table for people.
func (r Result) WriteText(out io.Writer) error {
	w := r.Workload
	way := "direct"
	if w.Proxy {
		way = "through the master"
	}
	var b strings.Builder
	if l := r.Load; l != nil {
		fmt.Fprintf(&b, "load: %d keys written in %.2f s, %.0f requests/s, p50 %s, p99 %s\n\n", l.Keys, l.Elapsed.Seconds(), l.Throughput,
			ms(float64(l.Writes.P50US)), ms(float64(l.Writes.P99US)))
	}
	fmt.Fprintf(&b, "%d requests by %d clients in %.2f s, %s, values of %s bytes, %.0f %% reads\n",
		r.All.Count+r.Errors, w.Clients, r.Elapsed.Seconds(), way, w.sizes(), w.ReadShare*100)
	if text := w.keysText(); text != "" {
		fmt.Fprintln(&b, text)
	}
	fmt.Fprintf(&b, "%.0f requests/s, %.2f MB/s of values\n", r.Throughput, r.megabytes())
	if w.Rate > 0 {
		fmt.Fprintf(&b, "due %.0f requests/s; latencies count from the moment that a request was due\n", w.Rate)
	}
	if s := r.Server; s != nil {
		fmt.Fprintf(&b, "%.1f us of processor time per request in all nodes together (processes on this machine: %d)\n", s.MicrosPerReq, s.Processes)
	}
	fmt.Fprintln(&b)
	if err := r.writeLatencies(&b); err != nil {
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

// keysText says what is unusual about the keys and the writes, "" for nothing.
func (w Workload) keysText() string {
	var parts []string
	if w.YCSB != "" {
		parts = append(parts, "YCSB "+w.YCSB)
	}
	switch w.Distribution {
	case Zipfian:
		parts = append(parts, fmt.Sprintf("%d keys, zipfian (theta %.2f, scrambled)", w.Keys, theta))
	case Latest:
		parts = append(parts, fmt.Sprintf("%d keys at first, the latest read most", w.Keys))
	case Uniform:
	}
	switch w.Writes {
	case Insert:
		parts = append(parts, "writes insert new keys")
	case ReadModifyWrite:
		parts = append(parts, "writes read the key first")
	case Update:
	}
	return strings.Join(parts, ", ")
}

// writeLatencies prints a row for each kind of request.
func (r Result) writeLatencies(out io.Writer) error {
	rows := []struct {
		name string
		l    Latency
	}{{"reads", r.Reads}, {"writes", r.Writes}, {"read-modify-writes", Latency{}}, {"all", r.All}}
	if r.ReadModifyWrites != nil {
		rows[2].l = *r.ReadModifyWrites
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tcount\tmean\tp50\tp95\tp99\tp99.9\tp99.99\tmax\t")
	for _, row := range rows {
		if row.l.Count == 0 && row.name != "all" {
			continue
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t", row.name, row.l.Count, ms(row.l.MeanUS))
		for _, us := range []int64{row.l.P50US, row.l.P95US, row.l.P99US, row.l.P999US, row.l.P9999US, row.l.MaxUS} {
			fmt.Fprintf(t, "%s\t", ms(float64(us)))
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

// megabytes returns the bytes of values moved per second, in 10^6: a
// read-modify-write moves two.
func (r Result) megabytes() float64 {
	s := r.Workload.sizes()
	perRequest := float64(s.Least+s.Most) / 2
	values := r.All.Count
	if r.ReadModifyWrites != nil {
		values += r.ReadModifyWrites.Count
	}
	return float64(values) / max(r.Elapsed.Seconds(), 1e-9) * perRequest / 1e6
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
