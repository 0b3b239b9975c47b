package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"pikv/bench/study"
)

// errFolder says that the folder's files cannot be read or written: then no step can be
// measured.
var errFolder = errors.New("the folder of the measurements does not take them")

// inFolder wraps an error of reading or writing them.
func inFolder(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errFolder, err)
}

// again measures what is missing of s, and what fails then once more, with a new cluster.
func (r *Runner) again(ctx context.Context, s study.Step, have int) error {
	have, err := r.step(ctx, s, have)
	if err == nil || ctx.Err() != nil || errors.Is(err, errFolder) {
		return err
	}
	r.say(fmt.Sprintf("%s: %s failed, and is tried once more: %s", r.target, stepText(s), oneLine(err)))
	r.giveUp()
	if _, err = r.step(ctx, s, have); err != nil {
		r.giveUp()
	}
	return err
}

func (r *Runner) say(line string) {
	if r.Say != nil {
		r.Say(line)
	}
}

// stepText says which step it is.
func stepText(s study.Step) string {
	if s.Event != "" {
		return fmt.Sprintf("%s (%s), %s", s.Figure, s.Event, s.Mode)
	}
	return fmt.Sprintf("%s (%s of %s %s: workers %d, copies %d, clients %d, bytes %d)", s.Figure, s.Measure, s.Store, s.Mode, s.Workers, s.Replicas, s.Clients, s.ValueBytes)
}

// mostFailed is how many steps in a row may fail until no other one of the stage is tried:
// each may take minutes to fail.
const mostFailed = 3

// failedSteps collects what steps end with. The zero value is of none.
type failedSteps struct {
	errs  error // of all that failed; nil for none
	inRow int
}

// add counts a step, and reports whether so many in a row failed that no more should be
// tried.
func (f *failedSteps) add(s study.Step, err error) (enough bool) {
	if err == nil {
		f.inRow = 0
		return false
	}
	f.inRow++
	failed := &failedStep{stepText(s), err}
	if enough = f.inRow == mostFailed; enough {
		failed.step += fmt.Sprintf(", the last of %d in a row, after which no more were tried", mostFailed)
	}
	f.errs = errors.Join(f.errs, failed)
	return enough
}

// failedStep is the error of a step, in a line: there may be many.
type failedStep struct {
	step string
	why  error
}

// Error returns the line.
func (f *failedStep) Error() string { return f.step + ": " + oneLine(f.why) }

// Unwrap returns why it failed.
func (f *failedStep) Unwrap() error { return f.why }

// oneLine is the text of an error without the ends of its lines.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
