package resp

import (
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
	"pikv/wire"
)

// settled waits until nothing holds bytes of the budget.
func (s *testServer) settled(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return s.cfg.Budget.Used() == 0 }, patience, time.Millisecond)
}

// Replies that are made of the arguments count as well as those made of data.
func TestEchoesAreBounded(t *testing.T) {
	const size, clients = 8 << 20, 20
	s := newTestServer(t, func(cfg *Config) { cfg.Budget = wire.NewBudget(20 << 20) })
	other := s.dial(t)
	before := heap()
	echo := resptest.Command("ECHO", strings.Repeat("x", size))
	conns := make([]*resptest.Client, clients)
	for i := range conns {
		conns[i] = s.dial(t)
		conns[i].Raw(echo)
	}
	require.Eventually(t, func() bool { return s.Stats().Commands+s.Stats().Failed >= clients }, patience, time.Millisecond)
	require.Less(t, heap()-before, int64(100<<20), "what is counted, a reply that each loop has just written, and the test's own %d MiB", size>>20)
	require.Equal(t, "+PONG", other.Do("PING"))
	for _, c := range conns {
		c.Close()
	}
	s.settled(t)
}

// Calls that wait take room, and when there is none their connection waits, too.
func TestHeldCallsAreBounded(t *testing.T) {
	const many, room = 1000, 256 << 10
	s := newTestServer(t, func(cfg *Config) {
		cfg.Budget = wire.NewBudget(room)
		cfg.Keyspace.(*memory).slow = true
	})
	conns := []*resptest.Client{s.dial(t), s.dial(t), s.dial(t)}
	for _, c := range conns {
		c.Raw(strings.Repeat(resptest.Command("SET", "key", strings.Repeat("v", 100)), many))
	}
	require.Eventually(t, func() bool {
		n := s.memory.waiting()
		return n > 3*queueFree/(heldCost+200) && n <= (room+3*queueFree)/heldCost+3
	}, patience, time.Millisecond)
	s.memory.releasing(t)
	for _, c := range conns {
		for range many {
			require.Equal(t, "+OK", c.Reply())
		}
	}
	s.settled(t)
}

// taken waits until the server has taken so many bytes in.
func (s *testServer) taken(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return s.Stats().In == int64(n) }, patience, time.Millisecond)
}

// A small command is not refused for where the network has cut it:
//
//  1. the calls of other connections are held, and take all the room there is;
//  2. a connection on which nothing waits, or little, is read, and what has come ends
//     within a command;
//  3. what is there of that is kept, for which there is no room;
//  4. the rest comes, and then room, but the command has been refused.
func TestSmallCommandsAreTakenInPiecesWhenThereIsNoRoom(t *testing.T) {
	const room = 256 << 10
	s := newTestServer(t, func(cfg *Config) { cfg.Budget = wire.NewBudget(room) })
	s.memory.hold()
	require.True(t, s.cfg.Budget.Acquire(room), "others have it")
	c, set := s.dial(t), resptest.Command("SET", "key", strings.Repeat("v", 100))
	const many = 3
	cut := strings.IndexByte(set, 'v')
	for i := range many {
		c.Raw(set[:cut])
		s.taken(t, i*len(set)+cut)
		c.Raw(set[cut:])
		s.taken(t, (i+1)*len(set))
	}
	s.cfg.Budget.Release(room)
	s.memory.releasing(t)
	for range many {
		require.Equal(t, "+OK", c.Reply())
	}
	s.settled(t)
}

// What was kept of a command that came in pieces counts when it is held: they are many
// then, and only a few are free.
func TestHeldCallsThatCameInPiecesAreBounded(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) { cfg.Budget = wire.NewBudget(0) })
	s.memory.hold()
	c, set := s.dial(t), resptest.Command("SET", "key", "value")
	const many = queueFree / (heldCost + arenaSize)
	cut := strings.IndexByte(set, 'v')
	for i := range many {
		c.Raw(set[:cut])
		s.taken(t, i*len(set)+cut)
		c.Raw(set[cut:])
		s.taken(t, (i+1)*len(set))
	}
	q := &s.conns.list()[0].queue
	q.mu.Lock()
	bytes, broke := q.mu.bytes, q.mu.broke
	q.mu.Unlock()
	require.Greater(t, bytes, queueFree)
	require.True(t, broke, "it waits until few are left")
	c.Raw(set)
	s.memory.releasing(t)
	for range many + 1 {
		require.Equal(t, "+OK", c.Reply())
	}
	s.settled(t)
}

// A reply that is written anew takes room once.
func TestAReplyThatIsWrittenAgainTakesRoomOnce(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) { cfg.Budget = wire.NewBudget(200 << 10) })
	c := s.dial(t)
	large := strings.Repeat("v", 110<<10)
	require.Equal(t, "+OK", c.Do("SET", "k", large))
	require.Equal(t, large, c.Do("GETSET", "k", "w")) // memory decides twice
	s.settled(t)
}

// A command that is too long in all is passed over, and the next one runs.
func TestATooLongCommandIsPassedOver(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) { cfg.Limits.Value, cfg.Limits.Frame = 1<<20, 3<<20 })
	c := s.dial(t)
	args := []string{"MSET"}
	for i := range 5 {
		args = append(args, "{t}"+strconv.Itoa(i), strings.Repeat("v", 1<<20))
	}
	c.Raw(resptest.Command(args...) + resptest.Command("PING"))
	require.Equal(t, "-"+ErrTooLong, c.Reply())
	require.Equal(t, "+PONG", c.Reply())
	require.Equal(t, ":0", c.Do("EXISTS", "{t}0"))
	s.settled(t)
}

// Who sends a part of a command, however large, does not hold its room for ever.
func TestHalfCommandsEnd(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) {
		cfg.Budget = wire.NewBudget(10 << 20)
		cfg.InputTimeout = 3 * time.Second
	})
	whole := resptest.Command("SET", "k", strings.Repeat("v", 8<<20))
	half := s.dial(t)
	_, _ = io.WriteString(half, whole[:6<<20]) // on a busy machine its time may be over before
	require.Eventually(t, func() bool { return s.cfg.Budget.Used() > 5<<20 || s.Stats().SlowClose > 0 }, patience, time.Millisecond)
	_, err := io.ReadAll(half)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "it is ended")
	s.settled(t)
	c := s.dial(t)
	require.Equal(t, "+OK", c.Do("SET", "k", "v"))
}

// Commands that take long let other connections have their turns between them.
func TestHeavyCommandsLetOthersIn(t *testing.T) {
	const many = 5000
	var done atomic.Int64
	s := newPreparedServer(t, nil, func(s *Server) {
		s.table.byName["heavy"] = &Command{Name: "heavy", Arity: 1, Flags: Heavy, Run: func(c *Call) {
			for began := s.cfg.Clock(); s.cfg.Clock()-began < int64(2*turnMost); {
			}
			done.Add(1)
			c.OK()
		}}
		s.table.byName["progress"] = &Command{Name: "progress", Arity: 1, Run: func(c *Call) { c.Int(done.Load()) }}
	})
	busy, other := s.dial(t), s.dial(t)
	busy.Raw(strings.Repeat(resptest.Command("HEAVY"), many))
	require.Eventually(t, func() bool { return done.Load() > 0 }, patience, time.Millisecond)
	n, err := strconv.Atoi(strings.TrimPrefix(other.Do("PROGRESS"), ":"))
	require.NoError(t, err)
	require.Less(t, n, many)
	for range n {
		require.Equal(t, "+OK", busy.Reply())
	}
	busy.Close()
}

func TestNamesOfClientsAreBounded(t *testing.T) {
	s := newTestServer(t, nil)
	c := s.dial(t)
	long := strings.Repeat("n", nameMost+1)
	require.Equal(t, "-"+errName, c.Do("CLIENT", "SETNAME", long))
	require.Contains(t, c.Do("CLIENT", "SETINFO", "lib-name", long), "-ERR lib-name cannot contain")
	require.Equal(t, "-"+errName, c.Do("HELLO", "3", "SETNAME", long))
	require.Equal(t, "nil", c.Do("CLIENT", "GETNAME"))
}

// Who sends a command again that was refused has its time for it anew.
func TestRefusedCommandsHaveTheirTimeEach(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) {
		cfg.Budget = wire.NewBudget(100 << 10)
		cfg.InputTimeout = 3 * time.Second
	})
	c, other := s.dial(t), s.dial(t)
	whole := resptest.Command("SET", "k", strings.Repeat("v", 1<<20))
	for began := time.Now(); time.Since(began) < 3*s.cfg.InputTimeout/2; {
		c.Raw(whole[:len(whole)/2])
		for half := time.Now(); time.Since(half) < 500*time.Millisecond; {
			require.Equal(t, "+PONG", other.Do("PING"))
		}
		c.Raw(whole[len(whole)/2:])
		require.Equal(t, "-"+ErrManyBytes, c.Reply())
	}
}

// The replies before the last one are sent, whatever follows that.
func TestWhatFollowsTheEndIsDropped(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) { cfg.Keyspace.(*memory).slow = true })
	c := s.dial(t)
	c.Raw(resptest.Command("SET", "k", "v") + resptest.Command("QUIT") + strings.Repeat(resptest.Command("PING"), 20_000))
	require.Eventually(t, func() bool { return s.memory.waiting() == 1 && s.Stats().In > 250_000 }, patience, time.Millisecond)
	s.memory.release(1)
	require.Equal(t, "+OK", c.Reply())
	require.Equal(t, "+OK", c.Reply())
	c.Closed()
}
