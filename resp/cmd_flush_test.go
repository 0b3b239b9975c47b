package resp

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
)

func TestFlush(t *testing.T) {
	for _, command := range []string{"FLUSHALL", "FLUSHDB", "FLUSHALL ASYNC", "FLUSHDB sync"} {
		talk(t, exchange{"SET a 1", "+OK"}, exchange{command, "+OK"}, exchange{"EXISTS a", ":0"})
	}
	talk(t, exchange{"FLUSHALL BOGUS", "-" + errSyntax}, exchange{"FLUSHDB ASYNC SYNC", "-" + errSyntax})
}

// What a connection sends behind a FLUSHALL happens after it, and other connections
// are not kept waiting.
func TestFlushTakesItsTime(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) { cfg.Keyspace.(*memory).flushing = make(chan struct{}) })
	c, other := s.dial(t), s.dial(t)
	c.Raw(resptest.Command("SET", "a", "1") + resptest.Command("FLUSHALL") + resptest.Command("SET", "b", "2") + resptest.Command("GET", "b") + resptest.Command("EXISTS", "a"))
	require.Equal(t, "+OK", c.Reply())
	require.Equal(t, "1", other.Do("GET", "a"))
	require.Equal(t, "nil", other.Do("GET", "b"))
	close(s.memory.flushing)
	for _, want := range []string{"+OK", "+OK", "2", ":0"} {
		require.Equal(t, want, c.Reply())
	}
}

// Few at a time are under way; the others wait for them, and all end when the server
// does.
func TestErrandsEndWithTheServer(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) { cfg.Keyspace.(*memory).flushing = make(chan struct{}) })
	for range 5 {
		s.dial(t).Send("FLUSHALL")
	}
	waiting := func() int {
		s.errands.mu.Lock()
		defer s.errands.mu.Unlock()
		return len(s.errands.mu.waiting)
	}
	require.Eventually(t, func() bool { return waiting() == 5-errandsMost }, patience, time.Millisecond)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.Close(ctx)
	require.Zero(t, waiting())
}
