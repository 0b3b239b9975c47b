package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// What is run for the record.
const (
	safetySeeds   = 3000
	safetyFirst   = 1000
	safetyMinutes = 30
)

// simulationFigure plays schedules of the simulated cluster, and those that
// find the planted bugs.
func simulationFigure(ctx context.Context) (string, error) {
	begin := time.Now()
	out, err := passing(ctx, "./replica", "Schedule|Planted", "-seeds", fmt.Sprint(safetySeeds), "-first", fmt.Sprint(safetyFirst))
	if err != nil {
		return "", err
	}
	played, err := schedulesPlayed(out)
	if err != nil {
		return "", err
	}
	if played != safetySeeds {
		return "", fmt.Errorf("%d schedules were played, not %d", played, safetySeeds)
	}
	var found []string
	for line := range strings.Lines(out) {
		if _, name, ok := strings.Cut(strings.TrimSpace(line), "--- PASS: TestPlantedBugsAreFound/"); ok {
			name, _, _ = strings.Cut(name, " (")
			found = append(found, strings.ReplaceAll(name, "_", " "))
		}
	}
	return fmt.Sprintf("Goal: no broken promise in %d schedules, and every planted bug found. Seeds %d to %d: none. Planted bugs found: all %d (%s). Took %v.\n",
		played, safetyFirst, safetyFirst+played-1, len(found), strings.Join(found, "; "), time.Since(begin).Round(time.Second)), nil
}

var playedLine = regexp.MustCompile(`_test\.go:\d+: (\d+) schedules in `)

// schedulesPlayed returns how many schedules the simulation's test says that it played.
func schedulesPlayed(out string) (int, error) {
	match := playedLine.FindStringSubmatch(out)
	if match == nil {
		return 0, errors.New("the test does not say how many schedules it played")
	}
	return strconv.Atoi(match[1])
}

// chaosFigure makes faults on real processes.
func chaosFigure(ctx context.Context) (string, error) {
	if os.Geteuid() != 0 {
		return "", errNeedsRoot
	}
	out, err := passing(ctx, "./bench/chaos", "Chaos", "-minutes", fmt.Sprint(safetyMinutes), "-seed", fmt.Sprint(safetyFirst))
	if err != nil {
		return "", err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "Goal: no broken promise and no acknowledged write lost in %d minutes, half of them with two replicas, half with three.\n\n", safetyMinutes)
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "seed ") || strings.Contains(line, "rounds of faults") || strings.HasPrefix(line, "no violation") {
			line, _, _ = strings.Cut(line, "; logs in ")
			fmt.Fprintf(&text, "- %s\n", strings.TrimSpace(line))
		}
	}
	return text.String(), nil
}

// passing runs tests and returns what they print; that one fails is an error.
func passing(ctx context.Context, pkg, tests string, args ...string) (string, error) {
	all := append([]string{"test", pkg, "-count=1", "-timeout", "4h", "-v", "-run", tests, "-args"}, args...)
	cmd := exec.CommandContext(ctx, "go", all...)
	cmd.Env = append(os.Environ(), "PIKV_REQUIRE=root")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = io.MultiWriter(os.Stderr, &out), os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w", strings.Join(all, " "), err)
	}
	return out.String(), nil
}
