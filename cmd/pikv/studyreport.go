package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"pikv/bench/report"
)

func studyReportCommand(e env) *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "make a page, Markdown, plots and tables of a folder of measurements",
		ArgsUsage: "FOLDER",
		Description: "Computes each figure, with conclusions, what became of the claims of the study of 2016, and of pikv's goals.\n" +
			"Writes " + report.PageFile + ", one page that needs no network, the same as " + report.MarkdownFile + ", each plot as SVG and PNG,\n" +
			"and the values of each figure as CSV. Exits 1 when a figure that was asked for has no data.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "write into this `FOLDER`", DefaultText: "report, in the folder of the measurements"},
			&cli.StringFlag{Name: "again", Usage: "compare the medians with those of a second run, in `FOLDER`"},
			&cli.BoolFlag{Name: "unfinished", Usage: "show what there is of a run that has not come to its end"},
		},
		Action: func(cc *cli.Context) error {
			r := &studyReport{env: e, out: cc.String("out"), again: cc.String("again"), unfinished: cc.Bool("unfinished")}
			return r.Run(cc.Context, cc.Args().Slice())
		},
	}
}

// studyReport makes a report of measurements.
type studyReport struct {
	env
	out        string // "": report, in the folder of the measurements
	again      string // "" for no second run
	unfinished bool
	wrong      mistakes
}

// Run executes the command.
func (s *studyReport) Run(_ context.Context, args []string) error {
	s.wrong.check(len(args) == 1, "give one folder with measurements")
	if err := s.wrong.of("study report"); err != nil {
		return err
	}
	data, err := report.Load(args[0], s.unfinished)
	if err != nil {
		return err
	}
	r := report.Build(data, time.Now())
	if s.again != "" {
		second, err := report.Load(s.again, s.unfinished)
		if err != nil {
			return err
		}
		r.AddAgreement(second)
	}
	out := s.out
	if out == "" {
		out = filepath.Join(args[0], "report")
	}
	if err := r.Write(out); err != nil {
		return err
	}
	s.print(r, filepath.Join(out, report.PageFile))
	if missing := r.Missing(); len(missing) > 0 {
		return fmt.Errorf("there are no data for %s", strings.Join(missing, ", "))
	}
	return nil
}

// print says what became of the claims, and where the rest is.
func (s *studyReport) print(r *report.Report, page string) {
	for _, c := range r.Claims {
		fmt.Fprintf(s.stdout, "%s %-12s %s\n", c.ID, c.Verdict, c.Text)
	}
	met, known := 0, 0
	for _, g := range r.Goals {
		switch g.Met {
		case report.Confirmed:
			met++
			known++
		case report.Refuted:
			known++
		}
	}
	if known > 0 {
		fmt.Fprintf(s.stdout, "%d of %d goals are met\n", met, known)
	}
	fmt.Fprintln(s.stdout, page)
}
