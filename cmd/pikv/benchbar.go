package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"pikv/bench"
)

// progressBar shows how far a benchmark has come, to whoever watches.
type progressBar struct {
	run     *bench.Bench
	bar     *progressbar.ProgressBar // nil when nobody does
	done    chan struct{}
	drawing sync.WaitGroup
}

// barSteps is how fine the bar is; barEvery is how often it moves: the benchmark
// needs the processor more.
const (
	barSteps = 1000
	barEvery = 250 * time.Millisecond
)

// startBar draws a bar until stop is called.
func (b *benchmark) startBar(run *bench.Bench) *progressBar {
	p := &progressBar{run: run, done: make(chan struct{})}
	if !b.watched {
		return p
	}
	p.bar = progressbar.NewOptions(barSteps,
		progressbar.OptionSetWriter(b.stderr),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionClearOnFinish())
	p.drawing.Go(func() {
		ticker := time.NewTicker(barEvery)
		defer ticker.Stop()
		for {
			p.draw(run.Progress())
			select {
			case <-p.done:
				return
			case <-ticker.C:
			}
		}
	})
	return p
}

// draw moves the bar. That a terminal is gone is no reason to stop.
func (p *progressBar) draw(at bench.Progress) {
	text := "fill" // many keys at a time, of which nobody tells how far it is
	if at.Phase != "" {
		text = fmt.Sprintf("%s, %d requests", at.Phase, at.Requests)
	}
	p.bar.Describe(text)
	_ = p.bar.Set(min(int(at.Done*barSteps), barSteps-1)) // at the end it would print a line of its own
}

// stop shows where it ended, however short it was, and removes the bar.
func (p *progressBar) stop() {
	close(p.done)
	p.drawing.Wait()
	if p.bar != nil {
		p.draw(p.run.Progress())
		_ = p.bar.Clear()
	}
}
