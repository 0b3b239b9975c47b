package resp

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// One key is found among as many partitions as there can be.
func TestRandomkeyFindsTheOnlyKey(t *testing.T) {
	s := newPreparedServer(t, func(cfg *Config) {
		cfg.Cluster = alone{viewOf(placement.Slots)}
		cfg.Keyspace.(*memory).each = 1
	}, func(*Server) {})
	c := s.dial(t)
	require.Equal(t, "nil", c.Do("RANDOMKEY"))
	require.Equal(t, "+OK", c.Do("SET", "one", "1"))
	for range 10 {
		require.Equal(t, "one", c.Do("RANDOMKEY"))
	}
	s.settled(t)
}

// expired has pages without end, of keys whose time is over.
type expired struct {
	*memory
	pages atomic.Int64
}

// Page implements Keyspace.
func (e *expired) Page(_ context.Context, _ uint16, cursor uint64, _ int, _ func([]byte)) (next uint64, refusal string, ok bool) {
	e.pages.Add(1)
	return cursor + 1, "", true
}

// Keys whose time is over, which the sweeper is behind with, do not keep it for ever.
func TestRandomkeyEndsAmongKeysWhoseTimeIsOver(t *testing.T) {
	e := &expired{memory: newMemory()}
	c := newTestServer(t, func(cfg *Config) { cfg.Keyspace = e }).dial(t)
	require.Equal(t, "nil", c.Do("RANDOMKEY"))
	require.EqualValues(t, randomPages, e.pages.Load())
}
