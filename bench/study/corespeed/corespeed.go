// Package corespeed measures how fast a processor's core is, beside that of the
// Xeon at 2.8 GHz to which bench/power compares the cores of small computers.
//
// What it times is MD5, in which every step waits for the one before: processors of
// the last ten years take nearly the same number of cycles for a byte, whoever made
// them, so that the rate tells what clock a core really runs at while others use
// the hardware, too. Memory and caches are not in it; the comparison is an estimate, as
// those in the table are.
package corespeed

import (
	"context"
	"crypto/md5"
	"slices"
	"time"
)

// xeon is how many bytes of MD5 a second a core at 2.8 GHz does: 4.8 cycles a byte.
const xeon = 2.8e9 / 4.8

// Turns are short, and the best counts: somebody else may have the core in some.
const (
	turns = 25
	turn  = 40 * time.Millisecond
)

// Measure takes about a second, in which nothing else should run.
func Measure(ctx context.Context) (float64, error) {
	var rates []float64
	for range turns {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		rates = append(rates, rate())
	}
	return slices.Max(rates) / xeon, nil
}

// rate is how many bytes of MD5 a second are done in a turn.
func rate() float64 {
	block, sum := make([]byte, 16<<10), 0
	var last byte // keeps the sums from being left out
	begin := time.Now()
	for time.Since(begin) < turn {
		block[0] = last
		last = md5.Sum(block)[0]
		sum += len(block)
	}
	return float64(sum) / time.Since(begin).Seconds()
}
