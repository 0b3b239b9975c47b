package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/testcluster/process"
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

// What hangs is told from what fails.
func TestWhatHangsSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := hurry(t.Context())
		defer end()
		begun := time.Now()
		hangs := figure{name: "none", quick: true, run: func(ctx context.Context, _ effort) (section, error) {
			<-ctx.Done()
			return section{}, ctx.Err()
		}}
		err := measureAll(ctx, []figure{hangs}, "", inShort, "")
		require.ErrorIs(t, err, errHangs)
		require.ErrorContains(t, err, "none: ")
		require.Equal(t, quickLimit, time.Since(begun))
	})
}

// What is only slow is told, too.
func TestWhatTakesTooLongInShort(t *testing.T) {
	require.NoError(t, soonEnough(3*time.Minute))
	require.ErrorContains(t, soonEnough(5*time.Minute), "should take 2m0s, and took 5m0s")
}

// Without the binaries it says what to run.
func TestAClusterWithoutBinaries(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := startCluster(t.Context(), 1, 1)
	require.ErrorContains(t, err, "run `make build`")
}

// A cluster of which nothing starts leaves nothing.
func TestAClusterThatDoesNotStart(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	require.NoError(t, os.Mkdir("bin", 0o755))
	require.NoError(t, os.WriteFile(daemon, []byte("#!/bin/sh\nexit 1\n"), 0o755))
	_, err := startCluster(t.Context(), 1, 1)
	require.ErrorIs(t, err, process.ErrNotReady)
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	require.Empty(t, left)
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
// also when it was out again, for a shorter time, or still is; what nobody noticed
// counts for nothing.
func TestTheWorstOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 5
		begun := time.Now().Add(-10 * time.Second)
		fault := begun.Add(time.Second)
		p := &probes{begun: begun, healthy: 500 * time.Millisecond, gap: make([]time.Duration, n), ended: make([]time.Duration, n), last: make([]time.Time, n)}
		for at, outages := range [n][][2]time.Duration{ // in milliseconds since begun
			0: {},
			1: {{1000, 3000}},
			2: {{4000, 5000}},
			3: {{1000, 3000}, {7000, 7600}},
			4: {{2000, 11_000}},
		} {
			up := time.Duration(0)
			p.last[at] = begun
			for _, out := range append(outages, [2]time.Duration{10_000, 10_000}) {
				for ; up <= out[0] && up <= 10_000; up += 100 {
					p.succeeded(at, begun.Add(up*time.Millisecond))
				}
				up = out[1]
			}
		}
		worst := func(partitions ...placement.PartitionID) time.Duration { return p.worst(partitions, fault) }
		require.Zero(t, worst(0))
		require.Equal(t, 2*time.Second, worst(0, 1))
		require.Equal(t, 4*time.Second, worst(0, 1, 2))
		require.Equal(t, 6600*time.Millisecond, worst(0, 1, 2, 3), "the shorter outage was later")
		require.Equal(t, 9*time.Second, worst(0, 1, 2, 3, 4), "from the fault on, until now")
		require.Equal(t, 2*time.Second, p.gap[3])
	})
}
