package runner

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/bench/study"
	"pikv/bench/study/stage"
)

// onThisMachine returns the stage that is this machine, with a pikvd of this source.
func onThisMachine(t *testing.T) stage.Stage {
	t.Helper()
	pikvd := filepath.Join(t.TempDir(), "pikvd")
	out, err := exec.Command("go", "build", "-o", pikvd, "pikv/cmd/pikvd").CombinedOutput()
	require.NoError(t, err, string(out))
	return stage.NewMachine("a test's", pikvd)
}

// aStudy is a quick one of some figures.
func aStudy(dir string, on stage.Stage, figures ...string) *Study {
	return &Study{
		Dir: dir, Figures: figures, Quick: true, Version: "test", Stages: []stage.Stage{on},
		Show: func(Progress) {}, Say: func(string) {},
	}
}

// TestAStudyThatIsInterruptedGoesOn, with every repeat in the folder once, though its
// last line was cut, and although more figures are asked for then.
func TestAStudyThatIsInterruptedGoesOn(t *testing.T) {
	on, dir := onThisMachine(t), filepath.Join(t.TempDir(), "new", "folder")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first := aStudy(dir, on, "F6")
	var seen []Progress
	first.Show = func(p Progress) {
		if seen = append(seen, p); len(seen) == 4 {
			cancel()
		}
	}
	require.ErrorIs(t, first.Run(ctx), context.Canceled)
	got, err := study.ReadPoints(dir)
	require.NoError(t, err)
	require.Len(t, got, 3)
	run, err := study.ReadRun(dir)
	require.NoError(t, err)
	require.False(t, run.Done)
	require.Equal(t, study.KindMachine, run.Targets[0].Kind)

	require.ErrorIs(t, aStudy(dir, on, "F6").Run(t.Context()), ErrHasMeasurements)
	slow := aStudy(dir, on, "F6")
	slow.Resume, slow.Quick = true, false
	require.ErrorContains(t, slow.Run(t.Context()), "quick")
	newer := aStudy(dir, on, "F6")
	newer.Resume, newer.Version = true, "newer"
	require.ErrorIs(t, newer.Run(t.Context()), ErrOtherRun)
	require.ErrorContains(t, newer.Run(t.Context()), "this is newer")
	elsewhere := aStudy(dir, on, "F6")
	elsewhere.Resume, elsewhere.Machine.Cores = true, 64
	require.ErrorIs(t, elsewhere.Run(t.Context()), ErrOtherRun)

	f, err := os.OpenFile(filepath.Join(dir, study.PointsFile), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString("F6,x86,pi")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	again := aStudy(dir, on, "F6", "F4")
	again.Resume = true
	require.NoError(t, again.Run(t.Context()))
	got, err = study.ReadPoints(dir)
	require.NoError(t, err)
	run, err = study.ReadRun(dir)
	require.NoError(t, err)
	require.True(t, run.Done)
	require.Equal(t, []string{"F6", "F4"}, run.Figures)

	steps, without, err := study.Plan(run.Figures, study.Limits{Quick: true, Most: 4})
	require.NoError(t, err)
	require.Empty(t, without)
	want := 0
	for _, s := range steps {
		repeats := map[int]bool{}
		for _, p := range got {
			if s.Is(p) {
				repeats[p.Repeat] = true
				require.Empty(t, p.Mark)
				require.Zero(t, p.Failed)
				require.Positive(t, p.Ops)
				require.Positive(t, p.Elapsed)
				require.Equal(t, 1.0, p.Dilation)
				require.LessOrEqual(t, p.P50, p.P99)
				require.LessOrEqual(t, p.P99, p.Max*1.01)
			}
		}
		require.Len(t, repeats, s.Repeats, "%+v", s)
		want += s.Repeats
	}
	require.Len(t, got, want)
}

// TestALostNodeIsMarked: the repeat in which a worker dies is kept, and told; the
// next one has a new cluster.
func TestALostNodeIsMarked(t *testing.T) {
	on, dir := onThisMachine(t), t.TempDir()
	ends := 0
	r := Runner{
		Stage: on, Dir: dir,
		Steps: []study.Step{{
			Figure: "F8", Store: study.Pikv, Mode: study.Direct, Workers: 3, Replicas: 2, Clients: 4, ValueBytes: 100, Op: study.Mix,
			Measure: study.Throughput, Repeats: 3, Duration: 1 * time.Second, Keys: 100,
		}},
		End: func(study.Step) { ends++ },
	}
	killed := make(chan error, 1)
	r.Begin = func(_ study.Step, repeat int) {
		if repeat != 2 {
			return
		}
		cluster := r.cluster.(stage.Changing)
		go func() {
			defer close(killed)
			<-time.After(200 * time.Millisecond)
			_, err := cluster.Do(context.Background(), study.Kill)
			killed <- err
		}()
	}
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, <-killed)
	got, err := study.ReadPoints(dir)
	require.NoError(t, err)
	require.Len(t, got, 3)
	require.Equal(t, 3, ends)
	require.Empty(t, got[0].Mark)
	require.Contains(t, got[1].Mark, "a node was lost: w3")
	require.Positive(t, got[1].Ops)
	require.Empty(t, got[2].Mark)
	require.Positive(t, got[2].Pace)
}

// TestATimelineShowsWhatHappened: requests at the rate that was asked for, the moment,
// and that all is well at the end.
func TestATimelineShowsWhatHappened(t *testing.T) {
	if testing.Short() {
		t.Skip("it watches clusters for half a minute")
	}
	on, dir := onThisMachine(t), t.TempDir()
	r := Runner{Stage: on, Dir: dir, Begin: func(study.Step, int) {}, End: func(study.Step) {}}
	for _, event := range []string{study.Kill, study.Join, study.Wake, study.Drain} {
		r.Steps = append(r.Steps, study.Step{
			Figure: "F7", Store: study.Pikv, Mode: study.Direct, Workers: 3, Replicas: 2, Clients: 8, ValueBytes: 100, Op: study.Mix,
			Repeats: 1, Duration: 5 * time.Second, Keys: 500, Event: event, Rate: 400,
		})
	}
	require.NoError(t, r.Run(t.Context()))
	require.NoError(t, r.Run(t.Context()), "there is nothing left to do")
	all, err := study.ReadTimeline(dir)
	require.NoError(t, err)
	for _, event := range []string{study.Kill, study.Join, study.Wake, study.Drain} {
		var moments, requests float64
		last, lastSlot := 0.0, 0.0
		for _, s := range all {
			if s.Event != event {
				continue
			}
			require.GreaterOrEqual(t, s.At, last)
			last = s.At
			if s.Moment != "" {
				require.Contains(t, s.Moment, "w3")
				require.GreaterOrEqual(t, s.At, 1000.0)
				moments++
				continue
			}
			require.Equal(t, s.At <= 5000, s.Due == 400, "%+v", s)
			require.GreaterOrEqual(t, s.Steal, 0.0)
			require.Empty(t, s.Mark)
			lastSlot = s.At
			require.Zero(t, s.Failed, event)
			requests += s.Rate / 10
		}
		require.Equal(t, 1.0, moments, event)
		require.GreaterOrEqual(t, lastSlot, 5000.0, event)
		require.InDelta(t, 2000.0, requests, 0.01, "%s: all that were due were answered, late or not", event)
	}
}
