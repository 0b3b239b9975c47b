package client

import "fmt"

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
