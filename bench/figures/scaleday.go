package main

import (
	"context"
	"fmt"
)

// scaleDayFigure lets the autoscale package play its days.
func scaleDayFigure(ctx context.Context) (string, error) {
	out, err := printedBy(ctx, "./autoscale", "TestFigureDay", "-days", "20")
	if err != nil {
		return "", fmt.Errorf("play the days: %w", err)
	}
	return "The default policy on simulated days, in virtual time: 12 workers of 1 GB, 2 replicas; processor time and memory each follow a sine of their own " +
		"(from 0.4 to 1.6 times the mean), processor time with 5 % of noise and a spike of 20 minutes, just less than what one worker carries. A move lasts as long " +
		"as its bytes at 100 Mbit/s. The oracle moves in no time and has at each moment the fewest workers that keep the same means below the same high marks. " +
		"Goals: no mean is above its high mark for longer than a cool-down and a move; at most 1.2 times the oracle's worker-hours. " +
		"A higher spike takes one cool-down and one move for each worker that it needs.\n\n" + out, nil
}
