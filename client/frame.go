package client

import (
	"fmt"
	"time"

	"pikv/client/retry"
	"pikv/placement"
)

// How batches are cut: a frame that is not too large to hold up its
// neighbours, and not too many of them at a time.
const (
	frameItems  = 1000
	frameBytes  = 1 << 20 // of keys and values
	frameFlight = 16
)

// cut splits items into frames of at most frameItems items and frameBytes
// bytes; an item over that size has a frame of its own.
func cut(items []int, size func(item int) int) [][]int {
	var frames [][]int
	start, bytes := 0, 0
	for n, i := range items {
		s := size(i)
		if n > start && (n-start == frameItems || bytes+s > frameBytes) {
			frames = append(frames, items[start:n])
			start, bytes = n, 0
		}
		bytes += s
	}
	return append(frames, items[start:])
}

// frameStalls is for how many times config.stall a frame waits for the items
// whose owner is still the one asked; what takes so long is not merely large.
const frameStalls = 4

// frameMoved returns what tells that a frame under way waits in vain: all its
// items have other owners by now or, after a while, some. To give it up for
// the first that moves would send the others again and again while a worker
// joins.
func (b *batch) frameMoved(frame []int) func(waited time.Duration) bool {
	type place struct {
		hop       retry.Hop
		partition placement.PartitionID
	}
	places := make([]place, len(frame)) // a copy: the watch may look when the attempt is over
	for n, i := range frame {
		places[n] = place{b.hops[i], b.partitions[i]}
	}
	return func(waited time.Duration) bool {
		moved := 0
		for _, p := range places {
			if b.c.leaves(p.hop, p.partition) {
				moved++
			}
		}
		return moved == len(places) || moved > 0 && waited >= frameStalls*b.c.cfg.stall
	}
}

// each pairs the answers with the items that were asked about.
func each[A any](answers []A, items []int, f func(item int, a A)) error {
	if len(answers) != len(items) {
		return fmt.Errorf("%d answers to %d items", len(answers), len(items))
	}
	for n, i := range items {
		f(i, answers[n])
	}
	return nil
}

// summary returns nil if no result has an error, else one that counts them.
func summary[R any](results []R, errOf func(R) error) error {
	var first error
	failed := 0
	for _, r := range results {
		if err := errOf(r); err != nil {
			failed++
			if first == nil {
				first = err
			}
		}
	}
	switch {
	case failed == 0:
		return nil
	case len(results) == 1:
		return first
	default:
		return fmt.Errorf("%d of %d keys: %w", failed, len(results), first)
	}
}
