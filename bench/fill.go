package bench

import (
	"context"
	"fmt"

	"pikv/client"
)

// Filler stores and deletes many keys at a time: a *client.Client.
type Filler interface {
	MPut(ctx context.Context, pairs []client.Pair, opts ...client.PutOption) ([]client.PutResult, error)
	MDel(ctx context.Context, keys []string, opts ...client.PutOption) ([]client.DelResult, error)
}

var _ Filler = (*client.Client)(nil)

// fillBytes bounds the values of one call of Fill: they are in memory together.
const fillBytes = 8 << 20

// Fill stores a value under each of w's keys, so that reads find something: the
// same values as Bench.Load, but many at a time.
func Fill(ctx context.Context, store Filler, w Workload) error {
	w = w.withDefaults()
	value, choose := w.Value(), &chooser{w: w}
	return inSteps(w, func(first, end int) error {
		pairs := make([]client.Pair, 0, end-first)
		for i := first; i < end; i++ {
			pairs = append(pairs, client.Pair{Key: w.Key(i), Value: value[:choose.load(int64(i)).size]})
		}
		if _, err := store.MPut(ctx, pairs); err != nil {
			return fmt.Errorf("fill the store: %w", err)
		}
		return nil
	})
}

// Clear deletes w's keys.
func Clear(ctx context.Context, store Filler, w Workload) error {
	w = w.withDefaults()
	return inSteps(w, func(first, end int) error {
		keys := make([]string, 0, end-first)
		for i := first; i < end; i++ {
			keys = append(keys, w.Key(i))
		}
		if _, err := store.MDel(ctx, keys); err != nil {
			return fmt.Errorf("delete the workload's keys: %w", err)
		}
		return nil
	})
}

// inSteps calls f for ranges of w's keys that are small enough for one call.
func inSteps(w Workload, f func(first, end int) error) error {
	step := min(max(fillBytes/(w.sizes().Most+1), 1), 10_000)
	for first := 0; first < w.Keys; first += step {
		if err := f(first, min(first+step, w.Keys)); err != nil {
			return err
		}
	}
	return nil
}
