package main

import (
	"fmt"
	"slices"
	"strings"
)

// tableRow is a line of a figure's table: what was measured several times.
type tableRow struct {
	name, goal, format string
	values             []float64
}

// median returns the middle of the values, and their ends.
func median(values []float64) (middle, low, high float64) {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2], sorted[0], sorted[len(sorted)-1]
}

// tableOf prints median, spread and goal of each row.
func tableOf(rows []tableRow) string {
	var b strings.Builder
	b.WriteString("| | goal | median | lowest | highest |\n|---|---|---|---|---|\n")
	for _, r := range rows {
		if len(r.values) == 0 {
			continue
		}
		middle, low, high := median(r.values)
		fmt.Fprintf(&b, "| %s | %s | "+r.format+" | "+r.format+" | "+r.format+" |\n", r.name, r.goal, middle, low, high)
	}
	return b.String()
}
