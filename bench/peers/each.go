package peers

import (
	"context"
	"sync"
	"sync/atomic"
)

// Each calls f for the numbers below n in their order, by several callers at a
// time. The first failure, or the end of ctx, ends it.
func Each(ctx context.Context, callers, n int, f func(i int) error) error {
	var next atomic.Int64
	var stop atomic.Bool
	errs := make([]error, callers)
	var group sync.WaitGroup
	for c := range callers {
		group.Go(func() {
			for !stop.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				err := ctx.Err()
				if err == nil {
					err = f(i)
				}
				if err != nil {
					errs[c] = err
					stop.Store(true)
					return
				}
			}
		})
	}
	group.Wait()
	return firstOf(errs)
}
