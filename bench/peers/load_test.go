package peers

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// memory is a Conn that takes a millisecond for a call.
type memory struct {
	mu    sync.Mutex
	data  map[string][]byte
	calls atomic.Int64
	fail  error
}

func (m *memory) call() error {
	time.Sleep(time.Millisecond)
	m.calls.Add(1)
	return m.fail
}

func (m *memory) Get(_ context.Context, key string) ([]byte, error) {
	err := m.call()
	m.mu.Lock()
	defer m.mu.Unlock()
	if value, ok := m.data[key]; ok || err != nil {
		return value, err
	}
	return nil, errMissing
}

func (m *memory) Put(_ context.Context, key string, value []byte) error {
	err := m.call()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.data[key] = value
	return err
}

func (m *memory) Close() error { return nil }

func TestALoadCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{data: make(map[string][]byte)}
		l := Load{Callers: 4, Time: time.Second, Keys: []string{"a", "b"}, Value: []byte("value"), Put: true}
		calls, took, err := l.Run(t.Context(), m)
		require.NoError(t, err)
		require.InDelta(t, 4000, calls, 4)
		require.InDelta(t, time.Second, took, float64(2*time.Millisecond))
		require.Len(t, m.data, 2)
		l.Put = false
		calls, _, err = l.Run(t.Context(), m)
		require.NoError(t, err)
		require.InDelta(t, 4000, calls, 4)
	})
}

// TestALoadEnds at the first failure, and when the context does.
func TestALoadEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{data: map[string][]byte{"short": []byte("v")}}
		l := Load{Callers: 4, Time: time.Hour, Keys: []string{"a"}, Value: []byte("value")}
		_, took, err := l.Run(t.Context(), m)
		require.ErrorIs(t, err, errMissing)
		require.Less(t, took, time.Second)

		l.Keys = []string{"short"}
		_, _, err = l.Run(t.Context(), m)
		require.ErrorContains(t, err, "1 bytes, not 5")

		m.fail = errors.New("boom")
		l.Put = true
		_, _, err = l.Run(t.Context(), m)
		require.ErrorIs(t, err, m.fail)

		m.fail = nil
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, took, err = l.Run(ctx, m)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Less(t, took, 2*time.Second)
	})
}

func TestEachCallsOnceForEveryNumber(t *testing.T) {
	var seen [1000]atomic.Int64
	require.NoError(t, Each(t.Context(), 7, len(seen), func(i int) error { seen[i].Add(1); return nil }))
	for i := range seen {
		require.Equal(t, int64(1), seen[i].Load())
	}
	boom := errors.New("boom")
	var calls atomic.Int64
	require.ErrorIs(t, Each(t.Context(), 1, 1000, func(i int) error {
		if calls.Add(1); i == 10 {
			return boom
		}
		return nil
	}), boom)
	require.Equal(t, int64(11), calls.Load())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, Each(ctx, 2, 1000, func(int) error { return nil }), context.Canceled)
}
