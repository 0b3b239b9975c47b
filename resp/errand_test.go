package resp

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// newLaterServer is a server with a command that run answers, later.
func newLaterServer(t *testing.T, run func(ctx context.Context, c *Call)) *testServer {
	t.Helper()
	return newPreparedServer(t, nil, func(s *Server) {
		s.table.byName["later"] = &Command{Name: "later", Arity: 1, Run: func(c *Call) { c.Later(run) }}
	})
}

// However many commands wait for other nodes, none waits for another; all end when the
// server does, and not before.
func TestLaterEndsWithTheServer(t *testing.T) {
	const many = 5 * errandsMost
	began, ended := make(chan bool, many), make(chan bool, many)
	s := newLaterServer(t, func(ctx context.Context, c *Call) {
		began <- true
		<-ctx.Done()
		c.Fail(ErrClosing)
		ended <- true
	})
	for range many {
		s.dial(t).Send("LATER")
	}
	require.Eventually(t, func() bool { return len(began) == many }, patience, time.Millisecond)
	require.Empty(t, ended)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, s.Close(ctx), context.Canceled)
	require.Len(t, ended, many)
}

// A server that closes waits for what can still be answered.
func TestLaterIsAnsweredWhileTheServerCloses(t *testing.T) {
	goOn, began := make(chan bool), make(chan bool, 1)
	s := newLaterServer(t, func(ctx context.Context, c *Call) {
		began <- true
		select {
		case <-goOn:
			c.OK()
		case <-ctx.Done():
			c.Fail(ErrClosing)
		}
	})
	c := s.dial(t)
	c.Send("LATER")
	<-began
	closed := make(chan error, 1)
	go func() { closed <- s.Close(context.Background()) }()
	goOn <- true
	require.Equal(t, "+OK", c.Reply())
	require.NoError(t, <-closed)
}

func TestAPanicOfALaterCommandIsAnError(t *testing.T) {
	s := newLaterServer(t, func(context.Context, *Call) { panic("boom") })
	c := s.dial(t)
	require.Equal(t, "-"+errPanic, c.Do("LATER"))
	require.Equal(t, "+PONG", c.Do("PING"))
	require.Equal(t, int64(1), s.Stats().Panics)
}

// Nobody waits for the answer to a connection that is gone.
func TestErrandsEndWithTheirConnection(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) { cfg.Keyspace.(*memory).flushing = make(chan struct{}) })
	running := func() int {
		s.errands.mu.Lock()
		defer s.errands.mu.Unlock()
		return s.errands.mu.running
	}
	for range 5 {
		c := s.dial(t)
		c.Send("FLUSHALL")
		require.Eventually(t, func() bool { return running() == 1 }, patience, time.Millisecond)
		c.Break()
		require.Eventually(t, func() bool { return running() == 0 }, patience, time.Millisecond)
	}
}
