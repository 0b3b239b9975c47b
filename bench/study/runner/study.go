package runner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"pikv/bench/study"
	"pikv/bench/study/stage"
)

// ErrHasMeasurements says that a new study would mix with another one.
var ErrHasMeasurements = errors.New("it has measurements already: --resume goes on with them, and a new study needs another folder")

// Study is what is to be measured: figures on stages.
type Study struct {
	Dir     string
	Resume  bool // go on with what is in Dir
	Figures []string
	Quick   bool
	Version string // of pikv
	Machine study.Machine
	Stages  []stage.Stage // none is open; Run opens and closes each
	Show    func(Progress)
	Say     func(line string) // what a reader should know before figures come
}

// Progress is how far a study has come. Times are weights, not seconds.
type Progress struct {
	Target      string
	Step        study.Step
	Repeat      int
	Done, Total float64
}

// Run measures what is missing. Of what fails everything else is measured all the same;
// then, as when ctx ends, what was measured is in Dir, and the run is not done.
func (s *Study) Run(ctx context.Context) error {
	run, err := s.begin()
	if err != nil {
		return err
	}
	whole := run.Done // but for what this call adds, and measures
	run.Done = false
	plans, without, total, err := s.plan()
	if err != nil {
		return err
	}
	for i, st := range s.Stages { // a target that cannot even be opened is missing, too
		t := st.Target()
		old, there := run.Target(t.Name)
		if there && old.Dilation != t.Dilation {
			return fmt.Errorf("go on with %s: it was measured %g times slowed down, and is to be now %g times: give --dilate %g", t.Name, old.Dilation, t.Dilation, old.Dilation)
		}
		if !there {
			t.Without = without[i]
			run.Targets = append(run.Targets, t)
		}
	}
	if err := run.Write(s.Dir); err != nil {
		return err
	}
	done := 0.0
	var failed error
	for i, st := range s.Stages {
		err := s.stage(ctx, &run, st, plans[i], without[i], total, &done)
		if ctx.Err() != nil || errors.Is(err, errFolder) {
			return errors.Join(failed, err)
		}
		if err == nil {
			continue
		}
		name := st.Target().Name
		s.Say(fmt.Sprintf("%s: not everything could be measured: %v", name, err))
		for line := range strings.Lines(err.Error()) {
			run.Failed = append(run.Failed, name+": "+strings.TrimSpace(line))
		}
		failed = errors.Join(failed, fmt.Errorf("%s: %w", name, err))
	}
	run.Done = failed == nil && len(run.Failed) == 0 && (whole || s.covers(&run))
	if failed != nil {
		failed = fmt.Errorf("measure all of it (--resume tries again what failed): %w", failed)
	}
	return errors.Join(failed, run.Write(s.Dir))
}

// begin makes the folder, or finds what it has.
func (s *Study) begin() (study.Run, error) {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return study.Run{}, fmt.Errorf("make the folder for the measurements: %w", err)
	}
	run, err := study.ReadRun(s.Dir)
	if errors.Is(err, study.ErrNoRun) {
		return study.Run{Version: s.Version, Commit: commit(), Started: time.Now().UTC(), Machine: s.Machine, Figures: s.Figures, Quick: s.Quick}, nil
	}
	if err != nil {
		return run, err
	}
	if !s.Resume {
		return run, fmt.Errorf("measure into %s: %w", s.Dir, ErrHasMeasurements)
	}
	if err := s.continues(run); err != nil {
		return run, fmt.Errorf("go on in %s: %w", s.Dir, err)
	}
	for _, name := range study.Figures {
		if slices.Contains(s.Figures, name) && !slices.Contains(run.Figures, name) {
			run.Figures = append(run.Figures, name)
		}
	}
	run.Failed = slices.DeleteFunc(run.Failed, s.tries)
	return run, nil
}

// target reports whether this call measures on the target.
func (s *Study) target(name string) bool {
	return slices.ContainsFunc(s.Stages, func(st stage.Stage) bool { return st.Target().Name == name })
}

// tries reports whether this call tries again what a line of Run.Failed names: "target: step",
// where a step begins with its figure, or "target: why it could not be opened".
func (s *Study) tries(line string) bool {
	target, what, _ := strings.Cut(line, ": ")
	figure, _, _ := strings.Cut(what, " ")
	return s.target(target) && (slices.Contains(s.Figures, figure) || !slices.Contains(study.Figures, figure))
}

// covers reports whether this call measures all that the run is to have.
func (s *Study) covers(run *study.Run) bool {
	return !slices.ContainsFunc(run.Targets, func(t study.Target) bool { return !s.target(t.Name) }) &&
		!slices.ContainsFunc(run.Figures, func(name string) bool { return !slices.Contains(s.Figures, name) })
}

// ErrOtherRun says that measurements would be mixed that cannot be compared.
var ErrOtherRun = errors.New("what is there was measured otherwise, and one run is of one thing: begin in an empty folder")

// continues reports why the points that are missing in run cannot be measured now: they
// are to be compared with those that it has.
func (s *Study) continues(run study.Run) error {
	switch {
	case run.Quick != s.Quick:
		return fmt.Errorf("one of the two is quick, and the other is not: %w", ErrOtherRun)
	case run.Version != s.Version || run.Commit != commit():
		return fmt.Errorf("it was measured by pikv %s of commit %q, and this is %s of %q: %w", run.Version, run.Commit, s.Version, commit(), ErrOtherRun)
	case run.Machine != s.Machine:
		return fmt.Errorf("it was measured on %+v, and this is %+v: %w", run.Machine, s.Machine, ErrOtherRun)
	default:
		return nil
	}
}

// plan returns the steps of each stage, the figures that each goes without, and what
// all of the steps weigh.
func (s *Study) plan() (plans [][]study.Step, withouts []map[string]string, total float64, err error) {
	for _, st := range s.Stages {
		l := st.Limits()
		l.Quick = s.Quick
		steps, without, err := study.Plan(s.Figures, l)
		if err != nil {
			return nil, nil, 0, err
		}
		for _, name := range study.Figures {
			if why := without[name]; why != "" {
				s.Say(fmt.Sprintf("%s without %s: %s", st.Target().Name, name, why))
			}
		}
		for _, step := range steps {
			total += step.Weight() * float64(step.Repeats)
		}
		plans, withouts = append(plans, steps), append(withouts, without)
	}
	return plans, withouts, total, nil
}

// stage measures on one stage.
func (s *Study) stage(ctx context.Context, run *study.Run, st stage.Stage, steps []study.Step, without map[string]string, total float64, done *float64) (err error) {
	defer func() { err = errors.Join(err, st.Close()) }()
	if err := st.Open(ctx); err != nil {
		return err
	}
	t := st.Target()
	t.Without = without
	note(run, t)
	if err := run.Write(s.Dir); err != nil {
		return inFolder(err)
	}
	if t.Kind == study.KindSimulated {
		s.Say(fmt.Sprintf("%s: %d times %s, each with %.3f of a core of this machine and %.1f Mbit/s, slowed down %g times; what is measured is scaled back",
			t.Name, t.Nodes, t.Model, t.CoreShare, t.NICBits/t.Dilation/1e6, t.Dilation))
	}
	r := Runner{
		Stage: st, Dir: s.Dir, Steps: steps,
		Begin: func(step study.Step, repeat int) { s.Show(Progress{st.Target().Name, step, repeat, *done, total}) },
		End:   func(step study.Step) { *done += step.Weight() },
		Say:   s.Say,
	}
	err = r.Run(ctx)
	if f, ok := st.(stage.Finisher); ok {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
		defer cancel()
		f.Finish(ctx)
	}
	t = st.Target()
	t.Without = without
	if t.Throttled != "" {
		s.Say(fmt.Sprintf("%s: its figures are invalid: %s", t.Name, t.Throttled))
	}
	// What a target tells of itself afterwards, too, such as that it got too hot.
	note(run, t)
	return errors.Join(err, inFolder(run.Write(s.Dir)))
}

// finishTime bounds what is asked of a target in the end, also after Ctrl-C.
const finishTime = 20 * time.Second

// note puts what is known of a target in the place of what was known.
func note(run *study.Run, t study.Target) {
	i := slices.IndexFunc(run.Targets, func(old study.Target) bool { return old.Name == t.Name }) // Run has put it there
	old := run.Targets[i]
	if !strings.Contains(t.Throttled, old.Throttled) {
		t.Throttled = old.Throttled
	}
	merged := maps.Clone(old.Without) // of figures that are not asked for this time
	if merged == nil {
		merged = make(map[string]string)
	}
	maps.Copy(merged, t.Without)
	t.Without = merged
	run.Targets[i] = t
}

// commit is what this program was built from.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
