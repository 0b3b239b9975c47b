package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"pikv/bench/study"
	"pikv/bench/study/pis"
	"pikv/bench/study/runner"
	"pikv/bench/study/stage"
)

func studyRunCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "measure the study's figures into a folder",
		ArgsUsage: "FOLDER",
		Description: "Targets: x86 is this machine as it is, whatever its processor; pis=N:MODEL are N simulated computers, a master\n" +
			"and workers, such as pis=5:2B (root, Linux); cluster is one that runs, found by --seeds: its figures are those that need\n" +
			"no other workers. For the others it starts pikvd, which must lie beside pikv.\n" +
			"Every repeat is written to the folder as soon as it is measured: after Ctrl-C, --resume goes on. What fails twice is left out,\n" +
			"and tried again by --resume; then it exits not with 0, but has measured the rest.",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "target", Value: cli.NewStringSlice(stage.NameMachine), Usage: "what to measure: `TARGET`; may be repeated"},
			&cli.StringFlag{Name: "figures", Usage: "`FIGURES` to measure, such as F1,F5", DefaultText: "all, F1 to F10"},
			&cli.Float64Flag{Name: "dilate", Usage: "slow simulated computers down `K` times and scale the results back, so that this machine can play all of them", DefaultText: "as much as it takes"},
			seedsFlag(),
			&cli.StringFlag{Name: "ssh-user", Usage: "`NAME` by which ssh gets into a running cluster's computers, to ask what they are and whether they were throttled", DefaultText: "nobody asks"},
			&cli.BoolFlag{Name: "resume", Usage: "go on with what the folder has"},
			&cli.BoolFlag{Name: "quick", Usage: "few repeats of few points, short ones: to see that everything works, not for figures"},
		},
		Action: func(cc *cli.Context) error {
			s := &studyRun{
				env: e, targets: cc.StringSlice("target"), figures: study.Figures,
				resume: cc.Bool("resume"), quick: cc.Bool("quick"), dilate: cc.Float64("dilate"),
				before: make(map[string]float64), seeds: cc.StringSlice("seeds"), sshUser: cc.String("ssh-user"),
			}
			s.wrong.check(!cc.IsSet("dilate") || s.dilate >= 1, "--dilate %v: it must be at least 1, at which nothing is slowed down", s.dilate)
			if cc.IsSet("figures") {
				s.figures = strings.FieldsFunc(cc.String("figures"), func(r rune) bool { return r == ',' || r == ' ' })
			}
			return s.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// studyRun measures the study's figures.
type studyRun struct {
	env
	targets, figures []string
	resume, quick    bool
	dilate           float64            // 0: as much as it takes
	before           map[string]float64 // dilations of targets, by the folder
	seeds            []string
	sshUser          string
	wrong            mistakes
}

// Run executes the command.
func (s *studyRun) Run(ctx context.Context, args []string) (err error) {
	s.wrong.check(len(args) == 1, "give one folder for the measurements")
	_, _, err = study.Plan(s.figures, study.Limits{})
	s.wrong.check(err == nil, "--figures: %v", err)
	s.wrong.check(len(s.figures) > 0, "--figures: name at least one")
	for i, name := range s.targets {
		s.wrong.check(name == stage.NameMachine || name == stage.NameCluster || strings.HasPrefix(name, pis.Prefix),
			"--target: there is no target %q, but %s, %sN:MODEL and %s", name, stage.NameMachine, pis.Prefix, stage.NameCluster)
		s.wrong.check(!slices.Contains(s.targets[:i], name), "--target: %s is there twice", name)
	}
	if err := s.wrong.of("study run"); err != nil {
		return err
	}
	if missing := stage.MissingRivals(); len(missing) > 0 && slices.Contains(s.figures, "F9") {
		return fmt.Errorf("F9 compares with others, and there is no %s: install that (Debian: redis-server, redis-tools, memcached), or leave F9 out of --figures", strings.Join(missing, ", "))
	}
	var pikvd string // none for what runs already
	if slices.ContainsFunc(s.targets, func(name string) bool { return name != stage.NameCluster }) {
		var remove func() error
		if pikvd, remove, err = stage.CopyPikvd(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, remove()) }()
	}
	machine, err := s.machine(ctx, args[0])
	if err != nil {
		return err
	}
	stages, err := s.stages(ctx, machine, pikvd)
	if err != nil {
		return err
	}
	bar := s.startStudyBar()
	work := runner.Study{
		Dir: args[0], Resume: s.resume, Figures: s.figures, Quick: s.quick, Version: version, Machine: machine, Stages: stages,
		Show: bar.show, Say: bar.say,
	}
	err = work.Run(ctx)
	bar.stop()
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("interrupted; what was measured is in %s, and --resume goes on: %w", args[0], errInterrupted)
	}
	return err
}

// machine describes this machine. A study that goes on takes it, and the dilation, as it
// took them before: its points are to be compared with one another.
func (s *studyRun) machine(ctx context.Context, dir string) (study.Machine, error) {
	if s.resume {
		run, err := study.ReadRun(dir)
		if err != nil && !errors.Is(err, study.ErrNoRun) {
			return study.Machine{}, err
		}
		for _, t := range run.Targets {
			s.before[t.Name] = t.Dilation
		}
		if runner.IsThis(run.Machine) {
			return run.Machine, nil
		}
	}
	fmt.Fprintln(s.stderr, "measuring how fast this machine's cores are")
	return runner.ThisMachine(ctx)
}

// errInterrupted is what remains of the reason: it is no failure of the cluster.
var errInterrupted = errors.New("Ctrl-C")

// stages returns what the targets stand for. pikvd is the daemon that they start.
func (s *studyRun) stages(ctx context.Context, machine study.Machine, pikvd string) (all []stage.Stage, err error) {
	for _, name := range s.targets {
		var st stage.Stage
		switch name {
		case stage.NameMachine:
			st = stage.NewMachine(machine.Model, pikvd)
		case stage.NameCluster:
			st, err = stage.FindCluster(ctx, s.seeds, s.sshUser)
		default:
			st, err = pis.New(name, cmp.Or(s.dilate, s.before[name]), machine, pikvd)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, st)
	}
	return all, nil
}
