package main

import (
	"fmt"
	"slices"
	"strings"
)

// text prints the goals and everything that was measured.
func (f *peersFigures) text(r *rivals) string {
	var b strings.Builder
	b.WriteString(tableOf(f.goals()))
	b.WriteString("\n| | | calls a second | server CPU a call |\n|---|---|---|---|\n")
	for _, w := range peersWorks {
		for _, name := range []string{namePikv, nameBareEcho, nameEcho, nameRedis, nameMemcached} {
			key := peersKey{name, w}
			switch {
			case len(f.rate[key]) > 0:
				rate, slowest, fastest := median(f.rate[key])
				cpu, least, most := median(f.cpu[key])
				fmt.Fprintf(&b, "| %s | %s | %.0f (%.0f-%.0f) | %.1f (%.1f-%.1f) us |\n", w, name, rate, slowest, fastest, cpu, least, most)
			case slices.Contains(r.missing, name):
				fmt.Fprintf(&b, "| %s | %s | not installed | |\n", w, name)
			}
		}
	}
	return b.String()
}

// goals compares pikv with the echo, and with itself, round by round.
func (f *peersFigures) goals() []tableRow {
	const alone, many = 0, 1 // and the same for PUT behind them
	key := func(system string, work int) peersKey { return peersKey{system, peersWorks[work]} }
	rows := []tableRow{
		{name: "GETs a second : echo, 64 callers", goal: "at least 2", values: ratios(f.rate[key(namePikv, many)], f.rate[key(nameEcho, many)])},
		{name: "GETs a second : echo, 1 caller", goal: "at least 0.85", values: ratios(f.rate[key(namePikv, alone)], f.rate[key(nameEcho, alone)])},
		{name: "GETs a second : echo read by its caller, 1 caller", goal: "at least 0.85", values: ratios(f.rate[key(namePikv, alone)], f.rate[key(nameBareEcho, alone)])},
		{name: "PUTs : GETs a second, 64 callers", goal: "at least 0.8", values: ratios(f.rate[key(namePikv, many+2)], f.rate[key(namePikv, many)])},
		{name: "PUTs : GETs a second, 1 caller", goal: "at least 0.8", values: ratios(f.rate[key(namePikv, alone+2)], f.rate[key(namePikv, alone)])},
		{name: "server CPU a GET : echo, 64 callers", goal: "at most 0.5", values: ratios(f.cpu[key(namePikv, many)], f.cpu[key(nameEcho, many)])},
	}
	for _, other := range []string{nameRedis, nameMemcached} { // nothing was aimed at here
		for work, what := range []string{"GET", "PUT"} {
			ours, theirs := key(namePikv, many+2*work), key(other, many+2*work)
			if len(f.rate[theirs]) > 0 {
				rows = append(rows,
					tableRow{name: what + "s a second : " + other + ", 64 callers", values: ratios(f.rate[ours], f.rate[theirs])},
					tableRow{name: "server CPU a " + what + " : " + other + ", 64 callers", values: ratios(f.cpu[ours], f.cpu[theirs])})
			}
		}
	}
	for i := range rows {
		rows[i].format = "%.2f"
	}
	return append(rows, tableRow{name: "stolen by other tenants, of a round's time", format: "%.1f %%", values: f.stolen})
}

// ratios divides round by round.
func ratios(a, b []float64) []float64 {
	out := make([]float64, min(len(a), len(b)))
	for i := range out {
		out[i] = a[i] / b[i]
	}
	return out
}
