package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// placementFigure lets the placement package measure its ring.
func placementFigure(ctx context.Context) (string, error) {
	out, err := printedBy(ctx, "./placement", "TestFigures(Weights|Balance)?", "-figures", "1000")
	if err != nil {
		return "", fmt.Errorf("measure the ring: %w", err)
	}
	return "1,000 random member sets for each number of members, 1024 partitions. Goals: a join moves at most 1.05 x the ideal 1/(N+1) in the median and " +
		"1.25 x at p95; no worker has more than ceil(1.25 x mean) partitions; a leave moves at most 1.5 % (p95) of the others' partitions; the backup of a lost " +
		"primary is the ring's new owner in 100 %. With weights 1, 1, 4, 8 no worker's share is farther than 10 % off its weight's in 95 % of the sets " +
		"of names; in the others one is, by how much stands below: where points of the ring lie is a matter of names. After primaries are swapped the busiest " +
		"worker has at most 1.5 x the mean of a zipfian load's requests, unless one partition is the cause.\n\n" + out, nil
}

// printedBy runs a test of a package and returns what it has printed, as a block
// of code. The test fails when a goal is missed.
func printedBy(ctx context.Context, pkg, test string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", pkg, "-count=1", "-timeout", "60m", "-run", "^" + test + "$", "-v"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	var b strings.Builder
	b.WriteString("```\n")
	for line := range strings.Lines(string(out)) {
		switch {
		case strings.HasPrefix(line, "==="), strings.HasPrefix(line, "---"), strings.HasPrefix(line, "PASS"), strings.HasPrefix(line, "ok"):
		default:
			b.WriteString(line)
		}
	}
	b.WriteString("```\n")
	return b.String(), nil
}
