// Package corespeed measures how fast a processor's core is, beside that of the
// Xeon at 2.8 GHz to which bench/power compares the cores of small computers.
//
// What it times is a chain of multiplications and additions in which every step waits
// for the one before. It takes four cycles a step on the PCs' processors of the last
// fifteen years, whoever made them, so that it tells the clock that a core really
// runs at. How much a core does in a cycle is not in it; the comparison is an
// estimate, as those in the table are.
package corespeed

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"pikv/bench/proc"
)

// xeon is how many steps a second a core at 2.8 GHz does.
const xeon = 2.8e9 / cycles

// cycles that a step takes: three for the multiplication, one for the addition.
const cycles = 4

// Turns are short, and the best counts: others of the hardware may have the core in some.
const (
	turns = 40
	steps = 10_000_000 // some 15 ms
)

// Measure takes about a second.
func Measure(ctx context.Context) (float64, error) {
	// What it is timed by is the thread's.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var rates []float64
	for range turns {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		rate, err := rate()
		if err != nil {
			return 0, fmt.Errorf("measure how fast a core is: %w", err)
		}
		rates = append(rates, rate)
	}
	return slices.Max(rates) / xeon, nil
}

// rate is how many steps are done in a second of processor time.
func rate() (float64, error) {
	begin, err := proc.ThreadCPU()
	if err != nil {
		return 0, err
	}
	x := uint64(begin)
	for range steps {
		x = x*6364136223846793005 + 1442695040888963407
	}
	end, err := proc.ThreadCPU()
	if err != nil {
		return 0, err
	}
	runtime.KeepAlive(&x) // it must be computed
	return steps / (end - begin).Seconds(), nil
}
