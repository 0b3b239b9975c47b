package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"pikv/bench/study"
	"pikv/bench/study/runner"
)

// studyBar shows how far a study has come: as a bar to whoever watches, and as a
// line for each figure and target to others. Safe for concurrent use.
type studyBar struct {
	e   env
	bar *progressbar.ProgressBar // nil when nobody watches

	mu    sync.Mutex
	shown string // figure and target, guarded by mu
	begun time.Time
	first float64 // what was done when it began, guarded by mu
}

// startStudyBar shows nothing yet.
func (s *studyRun) startStudyBar() *studyBar {
	b := &studyBar{e: s.env}
	if s.watched {
		b.bar = progressbar.NewOptions(barSteps,
			progressbar.OptionSetWriter(s.stderr),
			progressbar.OptionSetWidth(30),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionClearOnFinish())
	}
	return b
}

// say prints a line that stays.
func (b *studyBar) say(line string) {
	if b.bar != nil {
		_ = b.bar.Clear()
	}
	fmt.Fprintln(b.e.stderr, line)
}

// show tells what is measured now.
func (b *studyBar) show(p runner.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.begun.IsZero() {
		b.begun, b.first = time.Now(), p.Done
	}
	figure := p.Target + " " + p.Step.Figure
	if b.bar == nil {
		if figure != b.shown {
			fmt.Fprintf(b.e.stderr, "%3.0f %%  %s\n", 100*p.Done/p.Total, figure)
		}
		b.shown = figure
		return
	}
	b.bar.Describe(figure + ", " + stepText(p.Step) + fmt.Sprintf(", %d of %d%s", p.Repeat, p.Step.Repeats, b.leftLocked(p)))
	_ = b.bar.Set(min(int(p.Done/p.Total*barSteps), barSteps-1)) // at the end it would print a line of its own
}

// leftLocked says how long the rest may take, once that can be guessed.
func (b *studyBar) leftLocked(p runner.Progress) string {
	const enough = 20 * time.Second
	passed := time.Since(b.begun)
	if passed < enough || p.Done <= b.first {
		return ""
	}
	left := time.Duration(float64(passed) / (p.Done - b.first) * (p.Total - p.Done))
	return ", about " + left.Round(time.Minute).String() + " left"
}

// stepText says what is measured in a few words.
func stepText(s study.Step) string {
	if s.Event != "" {
		return fmt.Sprintf("%s, %s", s.Event, s.Mode)
	}
	return fmt.Sprintf("%s %s, %d workers, %d clients, %d bytes", s.Store, s.Mode, s.Workers, s.Clients, s.ValueBytes)
}

// stop removes the bar.
func (b *studyBar) stop() {
	if b.bar != nil {
		_ = b.bar.Clear()
	}
}
