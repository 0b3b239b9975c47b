package runner

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/study"
	"pikv/bench/study/stage"
	"pikv/client"
)

var errBusy = errors.New("device or\n resource busy")

// flaky is a stage whose starts fail as it is told, and first writes, too.
type flaky struct {
	shaky
	name   string
	open   error                                   // of Open
	start  func(started int, w stage.Wanted) error // of Start number started
	writes int                                     // that fail, of all clusters
	slower float64
}

func (f *flaky) Target() study.Target       { return study.Target{Name: f.name, Dilation: 1 + f.slower} }
func (f *flaky) Open(context.Context) error { return f.open }
func (f *flaky) Start(_ context.Context, w stage.Wanted) (stage.Cluster, error) {
	f.starts++
	if f.start != nil {
		if err := f.start(f.starts, w); err != nil {
			return nil, err
		}
	}
	return &flakyCluster{shakyCluster{stage: &f.shaky}, f}, nil
}

type flakyCluster struct {
	shakyCluster
	of *flaky
}

func (c *flakyCluster) Connect(ctx context.Context, n int, mode string) (*stage.Clients, error) {
	clients, err := c.shakyCluster.Connect(ctx, n, mode)
	clients.Stores[0] = c
	return clients, err
}

func (c *flakyCluster) Put(context.Context, string, []byte, ...client.PutOption) (uint64, error) {
	if c.of.writes > 0 {
		c.of.writes--
		return 0, errBusy
	}
	return 1, nil
}
func (c *flakyCluster) Close() error { return nil }

// TestWhatFailsIsTriedOnceMore, with a new cluster: a start, and a write of the keys that
// are to be there before.
func TestWhatFailsIsTriedOnceMore(t *testing.T) {
	for about, on := range map[string]*flaky{
		"start": {start: func(started int, _ stage.Wanted) error {
			if started == 1 {
				return errBusy
			}
			return nil
		}},
		"write": {writes: 1},
	} {
		points, err := measured(t, on)
		require.NoError(t, err, about)
		require.Len(t, points, 4, about)
		require.Equal(t, 2, on.starts, about)
	}
}

// TestAFailureIsNotTheEndOfTheStudy: other steps and the next target are measured, what is
// missing is told and written down, and measured when the study goes on.
func TestAFailureIsNotTheEndOfTheStudy(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "measured")
	first := &flaky{name: "first", start: func(_ int, w stage.Wanted) error {
		if w.Workers == 4 {
			return errBusy
		}
		return nil
	}}
	closed, last := &flaky{name: "closed", open: errSilent}, &flaky{name: "last"}
	s := aStudy(dir, nil, "F6")
	s.Stages = []stage.Stage{first, closed, last}
	var said []string
	s.Say = func(line string) { said = append(said, line) }
	err := s.Run(t.Context())
	require.ErrorIs(t, err, errBusy)
	require.ErrorIs(t, err, errSilent)
	require.ErrorContains(t, err, "first: F6 (throughput of pikv direct: workers 4")
	require.ErrorContains(t, err, "--resume")
	require.Len(t, said, 4, "two tries, two targets")

	count := func() map[string]int {
		points, err := study.ReadPoints(dir)
		require.NoError(t, err)
		n := make(map[string]int)
		for _, p := range points {
			n[p.Target]++
		}
		return n
	}
	steps, _, err := study.Plan([]string{"F6"}, study.Limits{Quick: true, Most: 4})
	require.NoError(t, err)
	all := 2 * len(steps)
	require.Equal(t, map[string]int{"first": all / 2, "last": all}, count())
	run, err := study.ReadRun(dir)
	require.NoError(t, err)
	require.False(t, run.Done)
	require.Len(t, run.Failed, 3)
	require.Contains(t, run.Failed[0], "bytes 128): device or resource busy")
	require.Equal(t, "closed: it does not answer", run.Failed[2])
	require.Len(t, run.Targets, 3)

	s.Resume, first.start, closed.open, last.slower = true, nil, nil, 1
	starts := first.starts
	require.ErrorContains(t, s.Run(t.Context()), "--dilate 1", "before anything is measured")
	require.Equal(t, starts, first.starts)
	last.slower = 0
	s.Stages = []stage.Stage{last} // which lacks nothing
	require.NoError(t, s.Run(t.Context()))
	run, err = study.ReadRun(dir)
	require.NoError(t, err)
	require.False(t, run.Done, "what the others lack is not forgotten")
	require.Len(t, run.Failed, 3)
	s.Stages = []stage.Stage{first, closed, last}
	require.NoError(t, s.Run(t.Context()))
	require.Equal(t, map[string]int{"first": all, "closed": all, "last": all}, count())
	run, err = study.ReadRun(dir)
	require.NoError(t, err)
	require.True(t, run.Done)
	require.Empty(t, run.Failed)
}

// TestATargetThatFailsAllTheTimeIsLeft: each try may take minutes.
func TestATargetThatFailsAllTheTimeIsLeft(t *testing.T) {
	broken, last := &flaky{name: "broken", start: func(int, stage.Wanted) error { return errBusy }}, &flaky{name: "last"}
	s := aStudy(t.TempDir(), nil, "F1", "F6")
	s.Stages = []stage.Stage{broken, last}
	require.ErrorContains(t, s.Run(t.Context()), "the last of 3 in a row")
	require.Equal(t, 2*mostFailed, broken.starts)
	require.Positive(t, last.starts)
}

// TestAFolderThatTakesNothingEndsTheStudy: what comes would be lost, too.
func TestAFolderThatTakesNothingEndsTheStudy(t *testing.T) {
	on := &flaky{}
	step := study.Step{
		Figure: "F1", Store: study.Pikv, Mode: study.Direct, Workers: 1, Replicas: 1, Clients: 1, ValueBytes: 1, Op: study.Get,
		Measure: study.Latency, Repeats: 2, Requests: 1, Keys: 1,
	}
	r := Runner{Stage: on, Dir: t.TempDir(), Steps: []study.Step{step, step}, End: func(study.Step) {}}
	r.Begin = func(study.Step, int) { _ = r.points.Close() }
	require.ErrorIs(t, r.Run(t.Context()), errFolder)
	require.Equal(t, 1, on.starts)

	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, study.PointsFile), []byte("other,columns\n"), 0o644))
	s := aStudy(dir, nil, "F6")
	s.Stages = []stage.Stage{&flaky{name: "first"}, &flaky{name: "last", open: errSilent}}
	err := s.Run(t.Context())
	require.ErrorContains(t, err, "begin in an empty folder")
	require.NotErrorIs(t, err, errSilent, "no other target is tried")
}
