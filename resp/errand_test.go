package resp

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
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

// stuck is a memory of which some partitions are not served, and Await waits for them
// until it is given up.
type stuck struct {
	*memory
	served atomic.Value // func(partition int) bool
	asked  chan int
}

func (m *stuck) Page(ctx context.Context, slot uint16, cursor uint64, limit int, yield func(key []byte)) (next uint64, refusal string, ok bool) {
	if !m.served.Load().(func(int) bool)(int(slot / slotsEach)) {
		return 0, "", false
	}
	return m.memory.Page(ctx, slot, cursor, limit, yield)
}

func (m *stuck) Await(ctx context.Context, slot uint16) Serves {
	m.asked <- int(slot / slotsEach)
	<-ctx.Done()
	return Serves{Refusal: ErrClosing}
}

// newStuckServer serves all partitions but those, and its commands wait for those so long.
func newStuckServer(t *testing.T, remote bool, wait time.Duration, served func(partition int) bool) (*testServer, *stuck) {
	t.Helper()
	m := &stuck{asked: make(chan int, 1000)}
	m.served.Store(served)
	return newPreparedServer(t, func(cfg *Config) {
		m.memory = cfg.Keyspace.(*memory)
		cfg.Keyspace, cfg.Remote = m, remote
	}, func(s *Server) { s.waitMost = wait }), m
}

// However many errands wait for a partition, those of others do not wait for them.
func TestErrandsThatWaitHoldUpNobody(t *testing.T) {
	s, m := newStuckServer(t, false, time.Hour, func(partition int) bool { return partition != 0 })
	c := s.dial(t)
	require.Equal(t, "+OK", c.Do("SET", "{t}k", "v")) // slot 15891
	var waiting []*resptest.Client
	for range 3 * errandsMost {
		one := s.dial(t)
		one.Send("KEYS", "*")
		waiting = append(waiting, one)
	}
	for range waiting {
		require.Equal(t, 0, <-m.asked)
	}
	require.Equal(t, ":1", c.Do("CLUSTER", "COUNTKEYSINSLOT", "15891"))
	require.Equal(t, "+OK", c.Do("FLUSHALL"))
	for _, one := range waiting {
		one.Break()
	}
	require.Eventually(t, func() bool {
		s.errands.mu.Lock()
		defer s.errands.mu.Unlock()
		return s.errands.mu.running == 0 && len(s.errands.mu.waiting) == 0
	}, patience, time.Millisecond)
}

// One who has waited goes on only when it is its turn.
func TestErrandsHaveTurns(t *testing.T) {
	var working, most atomic.Int32
	s := newPreparedServer(t, nil, func(s *Server) {
		work := func() {
			most.Store(max(most.Load(), working.Add(1)))
			runtime.Gosched()
			working.Add(-1)
		}
		s.table.byName["errand"] = &Command{Name: "errand", Arity: 1, Flags: Barrier, Run: func(c *Call) {
			c.Errand(func(_ context.Context, c *Call) {
				for range 100 {
					work()
					c.Aside(runtime.Gosched)
				}
				work()
				c.OK()
			})
		}}
	})
	var all []*resptest.Client
	for range 10 * errandsMost {
		c := s.dial(t)
		c.Send("ERRAND")
		all = append(all, c)
	}
	for _, c := range all {
		require.Equal(t, "+OK", c.Reply())
	}
	require.LessOrEqual(t, most.Load(), int32(errandsMost))
}

// What waits for partitions is bounded, and says why it gives up.
func TestWhatListsKeysGivesUp(t *testing.T) {
	for _, remote := range []bool{false, true} {
		s, _ := newStuckServer(t, remote, 10*time.Millisecond, func(int) bool { return false })
		c := s.dial(t)
		for _, command := range listingCommands {
			require.Equal(t, "-"+errNotInTime, c.Line(command), command)
		}
	}
}

// RANDOMKEY finds what there is in other partitions than those that cannot be read, and
// does not say that there is nothing when it does not know.
func TestRandomkeyGoesOn(t *testing.T) {
	all := func(int) bool { return true }
	notOne := func(partition int) bool { return partition != 1 }
	for _, remote := range []bool{false, true} {
		s, _ := newStuckServer(t, remote, waitMost, notOne)
		c := s.dial(t)
		require.Equal(t, "+OK", c.Do("SET", "{t}k", "v"))
		for range 3 {
			require.Equal(t, "{t}k", c.Do("RANDOMKEY"))
		}

		s, m := newStuckServer(t, remote, 10*time.Millisecond, all)
		c = s.dial(t)
		require.Equal(t, "nil", c.Do("RANDOMKEY"))
		m.served.Store(notOne)
		require.Equal(t, "-"+errNotInTime, c.Do("RANDOMKEY"))
	}
}
