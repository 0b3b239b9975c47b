package resp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"pikv/resp/resptest"
	"pikv/wire"
)

// queued is how many bytes the calls of all connections take in their queues.
func (s *testServer) queued() (n int) {
	for _, c := range s.conns.list() {
		c.queue.mu.Lock()
		n += c.queue.mu.bytes
		c.queue.mu.Unlock()
	}
	return n
}

// unsent is how many bytes of replies wait on all connections.
func (s *testServer) unsent() (n int) {
	for _, c := range s.conns.list() {
		n += c.link.Waiting()
	}
	return n
}

// stays checks for a while that n is bounded.
func stays(t *testing.T, n func() int, most int) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 200 {
		require.LessOrEqual(t, n(), most)
		<-tick.C
	}
}

// Small replies that wait behind a call that is held count, and go on counting on their
// way out: those who let many of them wait and read nothing have no more than there is.
func TestRepliesBehindHeldCallsAreBounded(t *testing.T) {
	const clients, room, size = 8, 256 << 10, 2 << 10
	most := room + clients*(queueFree+64<<10+3*freeReply) // 64 KiB: eventloop's CopiesHigh
	for name, begin := range map[string][]string{"of another key": {"SET", "other", "x"}, "of an update": {"APPEND", "key", "x"}} {
		t.Run(name, func(t *testing.T) {
			s := newTestServer(t, func(cfg *Config) { cfg.Budget = wire.NewBudget(room) })
			require.Equal(t, "+OK", s.dial(t).Do("SET", "key", strings.Repeat("v", size)))
			s.memory.hold()
			round := resptest.Command(begin...) + strings.Repeat(resptest.Command("GET", "key"), 1000)
			conns := make([]*resptest.Client, clients)
			for i := range conns {
				conns[i] = s.dial(t)
				go func() { _, _ = conns[i].Write([]byte(strings.Repeat(round, 20))) }()
			}
			require.Eventually(t, func() bool { return s.memory.waiting() >= clients && s.queued() > room/2 }, patience, time.Millisecond)
			stays(t, s.queued, most)
			s.memory.releasing(t)
			require.Eventually(t, func() bool { return s.unsent() > room }, patience, time.Millisecond)
			stays(t, s.unsent, most)
			for _, c := range conns {
				c.Close()
			}
			s.settled(t)
		})
	}
}

// The calls themselves count, however short their replies are.
func TestCallsBehindHeldOnesAreBounded(t *testing.T) {
	const clients, room = 8, 64 << 10
	s := newTestServer(t, func(cfg *Config) { cfg.Budget = wire.NewBudget(room) })
	s.memory.hold()
	conns := make([]*resptest.Client, clients)
	for i := range conns {
		conns[i] = s.dial(t)
		conns[i].Raw(resptest.Command("SET", fmt.Sprint(i), "x") + strings.Repeat(resptest.Command("PING"), 1000))
	}
	calls := func() (n int) {
		for _, c := range s.conns.list() {
			c.queue.mu.Lock()
			n += len(c.queue.mu.calls)
			c.queue.mu.Unlock()
		}
		return n
	}
	const least = clients * queueFree / answeredCost / 2
	require.Eventually(t, func() bool { return calls() > least }, patience, time.Millisecond)
	stays(t, calls, (room+clients*queueFree)/answeredCost+clients)
	s.memory.releasing(t)
	for _, c := range conns {
		require.Equal(t, "+OK", c.Reply())
		for range 1000 {
			require.Equal(t, "+PONG", c.Reply())
		}
	}
	s.settled(t)
}

// Blocking clients send the whole of a pipeline before they read, and get all.
func TestWhoSendsAWholePipelineBeforeReading(t *testing.T) {
	const many = 100_000
	s := newServerAt(t, listenTight(t), nil, func(*Server) {})
	conn, err := net.Dial("tcp", s.addr)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, errors.Join(conn.(*net.TCPConn).SetReadBuffer(tight), conn.SetDeadline(time.Now().Add(2*patience))))
	_, err = io.WriteString(conn, strings.Repeat(resptest.Command("SET", "key", "v"), many))
	require.NoError(t, err)
	replies := make([]byte, many*len("+OK\r\n"))
	_, err = io.ReadFull(conn, replies)
	require.NoError(t, err)
	require.True(t, string(replies) == strings.Repeat("+OK\r\n", many))
	s.settled(t)
}

// tight is how many bytes the kernel keeps of a connection, so that others have to.
const tight = 64 << 10

func listenTight(t *testing.T) net.Listener {
	t.Helper()
	small := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF, tight) })
	}}
	ln, err := small.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return ln
}
