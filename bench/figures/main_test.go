package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

func TestOneFigureReplacesItsOwnSection(t *testing.T) {
	file := filepath.Join(t.TempDir(), "figures.md")
	require.NoError(t, os.WriteFile(file, []byte("# Head\n"), 0o644))
	one, two := figure{name: "one", title: "One"}, figure{name: "two", title: "Two"}
	for _, step := range []struct {
		f    figure
		text string
	}{{one, "a\n"}, {two, "b\n"}, {one, "c\n"}} {
		require.NoError(t, writeSection(file, step.f, section{text: step.text}))
	}
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, `# Head

<!-- figure one -->
## One

c
<!-- end one -->

<!-- figure two -->
## Two

b
<!-- end two -->
`, string(got))
}

func TestWhatTakesLongIsMeasuredOnlyByName(t *testing.T) {
	short, long := figure{name: "idle"}, figure{name: "chaos", named: true}
	require.True(t, short.wanted("", inFull))
	require.False(t, long.wanted("", inFull))
	require.True(t, long.wanted("idle,chaos", inFull))
	require.False(t, short.wanted("chaos", inFull))
	require.False(t, short.wanted("", inShort), "it cannot be had in short")
	require.True(t, figure{name: "peers", quick: true}.wanted("", inShort))
}

// What cannot be measured here leaves what was measured elsewhere as it is.
func TestWhatIsSkippedStays(t *testing.T) {
	file := filepath.Join(t.TempDir(), "figures.md")
	require.NoError(t, os.WriteFile(file, []byte("as it was"), 0o644))
	list := []figure{{name: "none", run: func(context.Context, effort) (section, error) { return section{}, errNeedsRoot }}}
	require.NoError(t, measureAll(t.Context(), list, "", inFull, file))
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "as it was", string(got))
}

func TestAFigureThatIsNotThere(t *testing.T) {
	require.NoError(t, checkNames(""))
	require.NoError(t, checkNames("peers,memory,"))
	require.ErrorContains(t, checkNames("peers,memroy"), `no figure "memroy"`)
}

func TestATableHasTheMiddleAndTheEnds(t *testing.T) {
	rows := []tableRow{{name: "x", goal: "at most 1", format: "%.1f", values: []float64{3, 1, 2}}, {name: "not measured"}}
	require.Equal(t, "| | goal | median | lowest | highest |\n|---|---|---|---|---|\n| x | at most 1 | 2.0 | 1.0 | 3.0 |\n", tableOf(rows))
}

func TestTheSimulationSaysHowManySchedulesItPlayed(t *testing.T) {
	const before, after = "=== RUN   TestSchedulesKeepThePromises\n", "--- PASS: TestSchedulesKeepThePromises (0.74s)\nPASS\n"
	played, err := schedulesPlayed(before +
		"    schedule_test.go:112: 20 schedules in 0.7 s: 1206528 steps, 43483 operations, 7146 faults, 1217 s of virtual time\n" +
		"              306 fills completed\n" + after)
	require.NoError(t, err)
	require.Equal(t, 20, played)
	_, err = schedulesPlayed(before + after) // as with -seed
	require.Error(t, err)
}

func TestWhatBecameOfLateReads(t *testing.T) {
	require.Equal(t, "9, of which 2 were answered with a value, none of them old, 3 were refused and 4 failed", (&lateReads{values: 2, refused: 3, failed: 4}).String())
	require.Equal(t, "3, of which 0 were answered with a value, 3 were refused and 0 failed", (&lateReads{refused: 3}).String())
	require.Equal(t, "4, of which none was answered at all: 4 failed", (&lateReads{failed: 4}).String())
}

// The time until all serve again is that of the partition which was out last,
// also when it still is; what nobody noticed counts for nothing.
func TestTheWorstOutage(t *testing.T) {
	begun := time.Now().Add(-10 * time.Second)
	fault := begun.Add(time.Second)
	p := &probes{
		begun: begun,
		gap:   []time.Duration{100 * time.Millisecond, 2 * time.Second, time.Second, 300 * time.Millisecond},
		ended: []time.Duration{0, 3 * time.Second, 5 * time.Second, 0},
		last:  []time.Time{time.Now(), time.Now(), time.Now(), begun.Add(2 * time.Second)},
	}
	const healthy = 500 * time.Millisecond
	worst := func(partitions ...placement.PartitionID) time.Duration { return p.worst(partitions, healthy, fault) }
	require.Zero(t, worst(0))
	require.Equal(t, 2*time.Second, worst(0, 1))
	require.Equal(t, 4*time.Second, worst(0, 1, 2))
	require.GreaterOrEqual(t, worst(0, 1, 2, 3), 9*time.Second)
}
