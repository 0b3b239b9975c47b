package history

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"pikv/client"
)

// sum is a counter that is only added to.
type sum struct {
	key string

	mu      sync.Mutex
	acked   int64 // the sum of what was acknowledged
	unknown int64 // the sum of what may have been added besides
}

// add does one Incr.
func (c *caller) add(ctx context.Context) {
	s := c.load.sums[c.random.IntN(len(c.load.sums))]
	delta := int64(1 + c.random.IntN(9))
	begin := c.load.now()
	_, err := c.store.Incr(ctx, s.key, delta)
	how := fate(err)
	c.load.tally.count(c.load.now()-begin, how, s.key, Incr, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch how {
	case unknown:
		s.unknown += delta
	case failed:
	default:
		s.acked += delta // a refusal, of what is only added to, shows in the sum
	}
}

// check reads the counter and says what is wrong with it, "" if nothing.
func (s *sum) check(ctx context.Context, store Store) (string, error) {
	got, err := store.Get(ctx, s.key)
	if errors.Is(err, client.ErrNotFound) {
		got, err = []byte("0"), nil
	}
	if err != nil {
		return "", fmt.Errorf("read a sum: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := strconv.ParseInt(string(got), 10, 64)
	if err != nil || n < s.acked || n > s.acked+s.unknown {
		return fmt.Sprintf("%s holds %q, but %d was acknowledged and the fate of %d more is unknown", s.key, got, s.acked, s.unknown), nil
	}
	return "", nil
}
