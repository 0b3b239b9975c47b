package eventloop_test

import (
	"bytes"
	"context"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pikv/eventloop"
)

// memory is what Config.Reserve gives.
type memory struct{ limit, used, most atomic.Int64 }

func (m *memory) reserve(n int) bool {
	for {
		used := m.used.Load()
		if used+int64(n) > m.limit.Load() {
			return false
		}
		if m.used.CompareAndSwap(used, used+int64(n)) {
			m.most.Store(max(m.most.Load(), used+int64(n)))
			return true
		}
	}
}

func (m *memory) release(n int) {
	if m.used.Add(-int64(n)) < 0 {
		panic("more was given back than taken")
	}
}

// share makes m what copies take room in.
func (m *memory) share(cfg *eventloop.Config, limit int64) {
	m.limit.Store(limit)
	cfg.Reserve, cfg.Release = m.reserve, m.release
}

// whole waits until nothing is taken.
func (m *memory) whole(t *testing.T) {
	t.Helper()
	await(t, "that all room is given back", func() bool { return m.used.Load() == 0 })
}

// tight is how many bytes the kernel keeps of a connection; with less than a packet of
// loopback it waits for acknowledgements.
const tight = 64 << 10

// startTight is start with connections for which the kernel keeps little.
func startTight(t *testing.T, cfg eventloop.Config) (addr string) {
	t.Helper()
	small := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			for _, side := range []int{unix.SO_SNDBUF, unix.SO_RCVBUF} {
				_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, side, tight)
			}
		})
	}}
	ln, err := small.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, addr = startOn(t, cfg, ln)
	return addr
}

// dialTight is dial with small buffers.
func dialTight(t *testing.T, addr string) net.Conn {
	t.Helper()
	nc := dial(t, addr)
	tcp := nc.(*net.TCPConn)
	if tcp.SetReadBuffer(tight) != nil || tcp.SetWriteBuffer(tight) != nil {
		t.Fatal("the buffers cannot be set")
	}
	return nc
}

const requestSize = 100

// perRequest answers each requestSize bytes that have come with answer.
func perRequest(answer []byte) script {
	return script{data: func(turn *eventloop.Turn) {
		for len(turn.In) >= requestSize && !turn.Full() {
			turn.In = turn.In[requestSize:]
			turn.Out = append(turn.Out, answer...)
		}
	}}
}

// TestWhoWritesAllAndThenReads is what blocking clients do with a pipeline: while there
// is room for the answers they are read from, however little the kernel keeps.
func TestWhoWritesAllAndThenReads(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		const requests = 100_000
		answer := []byte("+OK\r\n")
		var m memory
		m.share(&cfg, 1<<20)
		cfg.Accept = all(perRequest(answer))
		nc := dialTight(t, startTight(t, cfg))
		write(t, nc, make([]byte, requests*requestSize))
		if m.used.Load() == 0 {
			t.Error("no room was needed")
		}
		expect(t, nc, bytes.Repeat(answer, requests))
		m.whole(t)
		if most := m.most.Load(); most > 512<<10 {
			t.Errorf("%d bytes were taken", most)
		}
	})
}

// TestCopiesStopWithoutRoom has clients that take nothing: all of them together have what
// there is, and goes on when they read, or are gone.
func TestCopiesStopWithoutRoom(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		const clients, room = 4, 256 << 10
		conns := make(chan *eventloop.Conn, clients)
		var m memory
		m.share(&cfg, room)
		answer := bytes.Repeat([]byte("a"), 2<<10)
		handler := perRequest(answer)
		cfg.Accept = func(c *eventloop.Conn) eventloop.Handler {
			conns <- c
			return handler
		}
		addr := startTight(t, cfg)
		var list []*eventloop.Conn
		var peers []net.Conn
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		const requests = 2000
		for range clients {
			nc := dialTight(t, addr)
			peers, list = append(peers, nc), append(list, receiveIn(t, conns))
			go func() {
				if _, err := nc.Write(make([]byte, requests*requestSize)); err != nil && ctx.Err() == nil {
					t.Errorf("a client that takes nothing: %v", err)
				}
			}()
		}
		waiting := func() (n int) {
			for _, c := range list {
				n += c.Waiting()
			}
			return n
		}
		await(t, "that all room is taken", func() bool { return m.used.Load() == room })
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for range 100 {
			if n := waiting(); n > room+clients*(64<<10+len(answer)) {
				t.Fatalf("%d bytes wait", n)
			}
			<-tick.C
		}
		for range requests {
			expect(t, peers[0], answer)
		}
		cancel()
		for _, nc := range peers {
			nc.Close()
		}
		m.whole(t)
	})
}

// TestRoomThatComesLater is taken by who has waited for it, though it takes nothing.
func TestRoomThatComesLater(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		const requests = 100_000
		answer := []byte("+OK\r\n")
		conns := make(chan *eventloop.Conn, 1)
		var m memory
		m.share(&cfg, 0)
		cfg.Accept = func(c *eventloop.Conn) eventloop.Handler {
			conns <- c
			return perRequest(answer)
		}
		nc := dialTight(t, startTight(t, cfg))
		c := receiveIn(t, conns)
		go func() {
			await(t, "that it waits for room", func() bool { return c.Waiting() >= 64<<10 })
			m.limit.Store(1 << 20)
		}()
		write(t, nc, make([]byte, requests*requestSize))
		expect(t, nc, bytes.Repeat(answer, requests))
		m.whole(t)
	})
}

// TestReservedCopies hand room on that was taken before, and it is given back once.
func TestReservedCopies(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		conns := make(chan *eventloop.Conn, 1)
		var m memory
		m.share(&cfg, 1<<20)
		var e ends
		cfg.CopiesHigh = 8 << 10
		cfg.Accept = func(c *eventloop.Conn) eventloop.Handler {
			conns <- c
			return script{closed: e.closed}
		}
		nc := dialTight(t, startTight(t, cfg))
		c := receiveIn(t, conns)
		part := bytes.Repeat([]byte("p"), 1<<10)
		const parts = 512
		add := func() {
			for range parts {
				if !m.reserve(len(part)) {
					t.Fatal("no room")
				}
				if err := c.AppendReserved(part, len(part)); err != nil {
					t.Fatal(err)
				}
			}
		}
		add()
		// The loop may still be accepting, and send as much as the kernel takes when it has done that.
		if used := m.used.Load(); used < parts<<10-64<<10-4*tight || used > parts<<10 {
			t.Errorf("%d bytes are taken", used)
		}
		c.Flush()
		expect(t, nc, bytes.Repeat(part, parts))
		m.whole(t)
		add()
		c.Close()
		await(t, "the end", func() bool { return len(e.list()) == 1 })
		m.whole(t)
		if !m.reserve(1) || c.AppendReserved(part, 1) == nil {
			t.Error("something was added to a closed connection")
		}
		m.whole(t)
	})
}
