package runner

import (
	"context"
	"errors"

	"pikv/bench/study"
	"pikv/bench/study/pace"
	"pikv/bench/study/stage"
)

// Runner measures the steps of one stage, which is open. Run may be called once.
type Runner struct {
	Stage stage.Stage
	Dir   string
	Steps []study.Step
	// Begin is called before each repeat.
	Begin func(s study.Step, repeat int)
	// End is called after each repeat, and for each that was there already.
	End func(s study.Step)
	Say func(line string) // what failed; nil for nobody who reads it

	target  string
	points  *study.File[study.Point]
	pace    *pace.Watch
	cluster stage.Cluster // nil: none runs
	runs    stage.Wanted  // what cluster is
	// failures counts clusters in a row that were lost before anything was measured.
	failures int
}

// Run measures what is missing in the folder. A step that fails twice is left out: the
// others are measured, and the errors of all returned. When ctx ends it returns ctx's
// error; then the repeat under way is lost.
func (r *Runner) Run(ctx context.Context) (err error) {
	r.target = r.Stage.Target().Name
	r.points, err = study.AppendPoints(r.Dir)
	if err != nil {
		return inFolder(err)
	}
	defer func() { err = errors.Join(err, r.points.Close(), r.stop()) }()
	if r.pace, err = pace.Start(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.pace.Close()) }()
	done, err := study.ReadPoints(r.Dir)
	if err != nil {
		return inFolder(err)
	}
	watched, err := study.ReadTimeline(r.Dir)
	if err != nil {
		return inFolder(err)
	}
	var failed failedSteps
	for _, s := range r.Steps {
		have := r.repeats(s, done, watched)
		for range min(have, s.Repeats) {
			r.End(s)
		}
		if have >= s.Repeats {
			continue
		}
		err := r.again(ctx, s, have)
		if ctx.Err() != nil || errors.Is(err, errFolder) {
			return errors.Join(failed.errs, err)
		}
		if failed.add(s, err) {
			return failed.errs
		}
	}
	return failed.errs
}

// repeats counts those of s that are in the folder.
func (r *Runner) repeats(s study.Step, done []study.Point, watched []study.Sample) (n int) {
	for _, p := range done {
		if p.Target == r.target && s.Is(p) {
			n++
		}
	}
	for _, w := range watched {
		if s.Event != "" && w.Target == r.target && w.Mode == s.Mode && w.Event == s.Event {
			return 1
		}
	}
	return n
}

// step measures the repeats of s that are missing, and returns how many there are then.
func (r *Runner) step(ctx context.Context, s study.Step, have int) (int, error) {
	if s.Event != "" {
		r.Begin(s, 1)
		if err := r.watch(ctx, s); err != nil {
			return have, err
		}
		r.End(s)
		return 1, nil
	}
	for have < s.Repeats {
		// Once, unless a node is lost on the way: then with a new cluster.
		if err := r.start(ctx, stage.Wanted{Store: s.Store, Workers: s.Workers, Replicas: s.Replicas}); err != nil {
			return have, err
		}
		n, err := r.measure(ctx, s, have)
		have += n
		if err != nil {
			return have, err
		}
	}
	return have, nil
}

// start has a cluster run as it is wanted: the one that runs already if it is that.
func (r *Runner) start(ctx context.Context, w stage.Wanted) error {
	if r.cluster != nil && r.runs == w {
		return nil
	}
	if err := r.stop(); err != nil {
		return err
	}
	cluster, err := r.Stage.Start(ctx, w)
	if err != nil {
		return err
	}
	r.cluster, r.runs = cluster, w
	return nil
}

// giveUp ends a cluster that has lost a node, or fails. What fails on the way fails for that reason.
func (r *Runner) giveUp() { _ = r.stop() }

// stop ends the cluster that runs, if one does.
func (r *Runner) stop() error {
	if r.cluster == nil {
		return nil
	}
	cluster := r.cluster
	r.cluster = nil
	return cluster.Close()
}
