package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"pikv/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mapStore answers from memory after a while, or as fail says.
type mapStore struct {
	mu     sync.Mutex
	data   map[string][]byte
	calls  int
	active int
	most   int // calls under way at a time
	took   time.Duration
	fail   func(call int) error
}

func newStore() *mapStore { return &mapStore{data: make(map[string][]byte)} }

func (s *mapStore) call(ctx context.Context) error {
	s.mu.Lock()
	s.calls++
	n := s.calls
	s.active++
	s.most = max(s.most, s.active)
	s.mu.Unlock()
	t := time.NewTimer(s.took)
	defer t.Stop()
	var err error
	select {
	case <-t.C:
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.mu.Lock()
	s.active--
	s.mu.Unlock()
	if s.fail != nil && err == nil {
		err = s.fail(n)
	}
	return err
}

func (s *mapStore) Get(ctx context.Context, key string) ([]byte, error) {
	if err := s.call(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.data[key]
	if !ok {
		return nil, fmt.Errorf("get: %w", client.ErrNotFound)
	}
	return v, nil
}

func (s *mapStore) Put(ctx context.Context, key string, value []byte, _ ...client.PutOption) (uint64, error) {
	if err := s.call(ctx); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data[key] = value
	return 1, nil
}

func (s *mapStore) MPut(_ context.Context, pairs []client.Pair, _ ...client.PutOption) ([]client.PutResult, error) {
	s.calls++
	for _, p := range pairs {
		s.data[p.Key] = p.Value
	}
	return make([]client.PutResult, len(pairs)), nil
}

func (s *mapStore) MDel(_ context.Context, keys []string, _ ...client.PutOption) ([]client.DelResult, error) {
	for _, k := range keys {
		delete(s.data, k)
	}
	return make([]client.DelResult, len(keys)), nil
}

// TestClosedLoop: each caller has one request under way, and the figures are
// those of the requests.
func TestClosedLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		s.took = 10 * time.Millisecond
		w := Workload{Clients: 4, Requests: 1000, Keys: 10, ReadShare: 0.5, ValueSize: 100, Seed: 1}
		require.NoError(t, Fill(t.Context(), s, w))
		s.calls = 0
		res, err := Run(t.Context(), []Store{s}, w)
		require.NoError(t, err)
		require.Equal(t, 1000, s.calls)
		require.Equal(t, 4, s.most)
		require.Equal(t, 2500*time.Millisecond, res.Elapsed)
		require.InDelta(t, 400, res.Throughput, 0.001)
		require.Equal(t, int64(1000), res.All.Count)
		require.Equal(t, int64(1000), res.Reads.Count+res.Writes.Count)
		require.InDelta(t, 500, res.Reads.Count, 100)
		for _, us := range []int64{res.All.P50US, res.All.P99US, res.Reads.P95US, res.Writes.MaxUS} {
			require.InDelta(t, 10_000, us, 10, "three digits")
		}
		require.Zero(t, res.Errors)
		require.Zero(t, res.Missing)
	})
}

// TestOpenLoop: requests start when they are due; a stall counts against
// every request that was due meanwhile.
func TestOpenLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		s.took = time.Millisecond
		start := time.Now()
		s.fail = func(call int) error {
			if call == 100 { // a second of stall, in the only caller
				time.Sleep(time.Second)
			}
			return nil
		}
		res, err := Run(t.Context(), []Store{s}, Workload{Clients: 1, Requests: 1000, Rate: 100, Seed: 1})
		require.NoError(t, err)
		require.InDelta(t, 10*time.Second, time.Since(start), float64(100*time.Millisecond))
		require.InDelta(t, 1_001_000, res.All.MaxUS, 1000)
		require.Greater(t, res.All.P95US, int64(500_000), "a tenth of the requests was due in that second")
		require.InDelta(t, 1000, res.All.P50US, 1)
	})
}

func TestDurationEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		s.took = 100 * time.Millisecond
		res, err := Run(t.Context(), []Store{s, s}, Workload{Clients: 2, Duration: time.Second})
		require.NoError(t, err)
		require.Equal(t, int64(20), res.All.Count)
	})
}

func TestErrorsAndMissingKeysAreCounted(t *testing.T) {
	s := newStore()
	s.fail = func(call int) error {
		if call%10 == 0 {
			return errors.New("boom")
		}
		return nil
	}
	res, err := Run(t.Context(), []Store{s}, Workload{Clients: 3, Requests: 1000, ReadShare: 1})
	require.NoError(t, err)
	require.Equal(t, int64(100), res.Errors)
	require.Equal(t, map[string]int64{"boom": 100}, res.ErrorTexts)
	require.Equal(t, int64(900), res.Missing)
	require.Equal(t, int64(900), res.Reads.Count)

	s.fail = func(call int) error { return fmt.Errorf("error %d", call) }
	res, err = Run(t.Context(), []Store{s}, Workload{Clients: 40, Requests: 1000})
	require.NoError(t, err)
	require.Equal(t, int64(1000), res.Errors)
	require.Len(t, res.ErrorTexts, maxTexts)
}

// TestInterrupt: the result so far is there; what was cut short is no error.
func TestInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		s.took = 10 * time.Millisecond
		ctx, cancel := context.WithTimeout(t.Context(), 105*time.Millisecond)
		defer cancel()
		for _, rate := range []float64{0, 5} {
			res, err := Run(ctx, []Store{s}, Workload{Clients: 1, Requests: 1 << 40, Rate: rate})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Zero(t, res.Errors)
		}
		require.Equal(t, 11, s.calls)
	})
}

func TestRunRefusesNonsense(t *testing.T) {
	_, err := Run(t.Context(), []Store{newStore()}, Workload{})
	require.ErrorContains(t, err, "clients")
	_, err = Run(t.Context(), nil, Workload{Clients: 1, Requests: 1})
	require.ErrorContains(t, err, "no store")
}

func TestFillAndClear(t *testing.T) {
	s := newStore()
	w := Workload{Keys: 25, ValueSize: 1 << 20, Prefix: "p/"}
	require.NoError(t, Fill(t.Context(), s, w))
	require.Len(t, s.data, 25)
	require.Equal(t, w.Value(), s.data["p/00000024"])
	require.Equal(t, 4, s.calls, "seven values of 1 MiB fit into one call")
	s.data["other"] = nil
	require.NoError(t, Clear(t.Context(), s, w))
	require.Len(t, s.data, 1)
}

// TestTheWarmUpCountsForNothing, and the run goes on behind it.
func TestTheWarmUpCountsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		s.took = 10 * time.Millisecond
		s.fail = func(call int) error {
			if call <= 100 {
				return errors.New("cold")
			}
			return nil
		}
		w := Workload{Clients: 1, Requests: 50, WarmUp: time.Second, Seed: 1}
		res, err := Run(t.Context(), []Store{s}, w)
		require.NoError(t, err)
		require.Equal(t, 150, s.calls)
		require.Equal(t, int64(50), res.All.Count)
		require.Zero(t, res.Errors)
		require.Equal(t, 500*time.Millisecond, res.Elapsed)

		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err = Run(ctx, []Store{s}, w)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestLoadThenReadModifyWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		s.took = time.Millisecond
		b, err := New([]Store{s}, Workload{Clients: 2, Requests: 100, Keys: 40, ValueSize: 3, ValueMost: 9, Writes: ReadModifyWrite, Seed: 1})
		require.NoError(t, err)
		loaded, err := b.Load(t.Context())
		require.NoError(t, err)
		require.Equal(t, 40, loaded.Keys)
		require.InDelta(t, 2000, loaded.Throughput, 1)
		require.Equal(t, int64(40), loaded.Writes.Count)
		require.Len(t, s.data, 40)
		for _, v := range s.data {
			require.True(t, len(v) >= 3 && len(v) <= 9)
		}
		res, err := b.Run(t.Context())
		require.NoError(t, err)
		require.Equal(t, int64(100), res.ReadModifyWrites.Count)
		require.InDelta(t, 2000, res.ReadModifyWrites.P50US, 3, "both halves")
		require.Zero(t, res.Reads.Count+res.Writes.Count+res.Missing)
		require.Equal(t, 240, s.calls)
	})
}

func TestALoadThatFails(t *testing.T) {
	s := newStore()
	s.fail = func(call int) error {
		if call == 7 {
			return errors.New("full")
		}
		return nil
	}
	b, err := New([]Store{s}, Workload{Clients: 2, Requests: 1, Keys: 40})
	require.NoError(t, err)
	_, err = b.Load(t.Context())
	require.EqualError(t, err, "load: 1 of 40 writes failed: full")
}

// TestInsertsAreReadOnceTheyAreThere: workload D never misses a key.
func TestInsertsAreReadOnceTheyAreThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		s.took = time.Millisecond
		w, err := Workload{Clients: 8, Requests: 4000, Keys: 100, Seed: 1}.AsYCSB("d")
		require.NoError(t, err)
		require.NoError(t, Fill(t.Context(), s, w))
		b, err := New([]Store{s}, w)
		require.NoError(t, err)
		res, err := b.Run(t.Context())
		require.NoError(t, err)
		require.Zero(t, res.Missing)
		require.InDelta(t, 200, res.Writes.Count, 60)
		require.Equal(t, 100+int(res.Writes.Count), b.Keys())
		require.Len(t, s.data, b.Keys())
		w.Keys = b.Keys()
		require.NoError(t, Clear(t.Context(), s, w))
		require.Empty(t, s.data)
	})
}

// TestAReadModifyWriteOfAMissingKeyWritesIt, and the miss is counted.
func TestAReadModifyWriteOfAMissingKeyWritesIt(t *testing.T) {
	s := newStore()
	res, err := Run(t.Context(), []Store{s}, Workload{Clients: 1, Requests: 10, Keys: 1, Writes: ReadModifyWrite})
	require.NoError(t, err)
	require.Equal(t, int64(1), res.Missing)
	require.Zero(t, res.Errors)
	require.Len(t, s.data, 1)
}

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		s.took = 10 * time.Millisecond
		b, err := New([]Store{s}, Workload{Clients: 1, Requests: 100, WarmUp: time.Second, Keys: 50})
		require.NoError(t, err)
		require.Zero(t, b.Progress())
		done := make(chan error, 1)
		go func() {
			_, err := b.Load(t.Context())
			err = errors.Join(err, b.WarmUp(t.Context()))
			_, runErr := b.Run(t.Context())
			done <- errors.Join(err, runErr)
		}()
		for _, want := range []Progress{{"load", 0.5, 25}, {"warm-up", 0.5, 50}, {"run", 0.25, 25}} {
			phase := map[string]time.Duration{"load": 245, "warm-up": 750, "run": 750}[want.Phase] * time.Millisecond
			time.Sleep(phase)
			synctest.Wait()
			got := b.Progress()
			require.Equal(t, want.Phase, got.Phase)
			require.InDelta(t, want.Done, got.Done, 0.02)
			require.InDelta(t, want.Requests, got.Requests, 1)
		}
		require.NoError(t, <-done)
		require.Equal(t, Progress{"run", 1, 100}, b.Progress())
	})
}
