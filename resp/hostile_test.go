package resp

import (
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
	"pikv/usage"
	"pikv/wire"
)

// What is no command is answered as Redis does, and ends the connection.
func TestGarbageEndsTheConnection(t *testing.T) {
	s := newTestServer(t, nil)
	other := s.dial(t)
	for _, c := range []struct{ name, in, want string }{
		{"huge count", "*9000000000000000000\r\n", "invalid multibulk length"},
		{"count that overflows", "*99999999999999999999\r\n", "invalid multibulk length"},
		{"count of 2 GiB", "*2147483648\r\n", "invalid multibulk length"},
		{"count that is none", "*abc\r\n", "invalid multibulk length"},
		{"a million arguments", "*1000000\r\n" + strings.Repeat("$0\r\n\r\n", 1000), "invalid multibulk length"},
		{"negative length", "*1\r\n$-2\r\n", "invalid bulk length"},
		{"length of 2 GiB", "*1\r\n$2147483648\r\n", "invalid bulk length"},
		{"length that is none", "*1\r\n$1a\r\n", "invalid bulk length"},
		{"nested list", "*1\r\n*1\r\n$1\r\na\r\n", "expected '$', got '*'"},
		{"map of RESP3", "*1\r\n%1\r\n+a\r\n+b\r\n", "expected '$', got '%'"},
		{"inline without end", strings.Repeat("x", lineMost+2), "too big inline request"},
		{"count without end", "*" + strings.Repeat("1", lineMost+2), "too big mbulk count string"},
		{"length without end", "*1\r\n$" + strings.Repeat("1", lineMost+2), "too big bulk count string"},
		{"open quote", "set \"a\r\n", "unbalanced quotes in request"},
		{"binary", "\x00\x01\x02\xff\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := s.dial(t)
			if _, err := io.WriteString(client, c.in); err != nil { // it may have been told and closed already
				require.True(t, errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET), err)
			}
			if c.want == "" {
				client.Send("PING") // an empty line, or an unknown command
				for client.Reply() != "+PONG" {
				}
				return
			}
			require.Equal(t, "-ERR Protocol error: "+c.want, client.Reply())
			client.Closed()
			require.Equal(t, "+PONG", other.Do("PING"))
		})
	}
}

// heap is what the process holds, after a collection.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

func processor() time.Duration {
	user, system := usage.Processor()
	return user + system
}

// Whoever begins a large command and falls silent costs what has come of it, and no
// time.
func TestHalfCommandsCostLittle(t *testing.T) {
	s := newTestServer(t, nil)
	other := s.dial(t)
	before := heap()
	const n = 300
	for i := range n {
		c := s.dial(t)
		switch i % 3 {
		case 0:
			c.Raw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$60000000\r\nabc")
		case 1:
			c.Raw("*100000\r\n$4\r\nMGET\r\n$1\r\na\r\n$30000\r\nabc")
		case 2:
			c.Raw("GET half")
		}
	}
	require.Eventually(t, func() bool { return s.Stats().Conns == n+1 }, patience, time.Millisecond)
	require.Equal(t, "+PONG", other.Do("PING"))
	require.Less(t, (heap()-before)/n, int64(100<<10), "bytes a connection, those of its client included")
	used := processor()
	for range 100 {
		require.Equal(t, "+PONG", other.Do("PING"))
	}
	require.Less(t, processor()-used, 2*time.Second, "processor time while they are silent")
}

// A command of many arguments that comes byte by byte is not looked through again for
// each.
func TestTrickledCommandsCostLittle(t *testing.T) {
	s := newTestServer(t, nil)
	c, other := s.dial(t), s.dial(t)
	c.Raw("*100001\r\n$3\r\nDEL\r\n" + strings.Repeat("$1\r\na\r\n", 99_000))
	used := processor()
	for range 1000 {
		c.Raw("$1\r\na\r")
		c.Raw("\n")
	}
	require.Equal(t, ":0", c.Reply())
	require.Less(t, processor()-used, 5*time.Second)
	require.Equal(t, "+PONG", other.Do("PING"))
	require.Eventually(t, func() bool { return s.cfg.Budget.Used() == 0 }, patience, time.Millisecond)
}

// Who asks for much and does not read makes the server hold no more than its budget,
// and is gone after a while.
func TestSlowReadersAreBounded(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) {
		cfg.Budget = wire.NewBudget(16 << 20)
		cfg.WriteTimeout = 500 * time.Millisecond
	})
	other := s.dial(t)
	require.Equal(t, "+OK", other.Do("SET", "large", strings.Repeat("v", 1<<20)))
	require.Equal(t, "+OK", other.Do("SET", "small", "v"))
	before := heap()
	slow := s.dial(t)
	slow.Raw(strings.Repeat(resptest.Command("GET", "large"), 64))
	require.Eventually(t, func() bool { return s.cfg.Budget.Used() > 0 || s.Stats().SlowClose == 1 }, patience, time.Millisecond)
	require.Less(t, heap()-before, int64(40<<20))
	require.Equal(t, "v", other.Do("GET", "small"))
	require.Eventually(t, func() bool { return s.Stats().SlowClose == 1 }, patience, time.Millisecond)
	require.Eventually(t, func() bool { return s.cfg.Budget.Used() == 0 }, patience, time.Millisecond)
	require.Equal(t, "+PONG", other.Do("PING"))
}

// Ten thousand connections are taken or told that they are too many, and those that are
// served do not notice.
func TestManyConnectionsAreRefused(t *testing.T) {
	const most, all = 1000, 10_000
	s := newTestServer(t, func(cfg *Config) { cfg.MaxConns = most })
	clients := make([]*resptest.Client, most)
	for i := range clients {
		clients[i] = s.dial(t)
		require.Equal(t, "+PONG", clients[i].Do("PING"))
	}
	before, used := heap(), processor()
	refused := 0
	for i := range all - most {
		conn, err := net.Dial("tcp", s.addr)
		require.NoError(t, err)
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
		said, _ := io.ReadAll(conn) // a reset may be quicker than the words
		if strings.HasPrefix(string(said), "-ERR max number of clients reached") {
			refused++
		}
		conn.Close()
		if i%100 == 0 {
			require.Equal(t, "+PONG", clients[i%most].Do("PING"))
		}
	}
	require.Positive(t, refused)
	require.Less(t, heap()-before, int64(8<<20))
	require.Less(t, processor()-used, 30*time.Second, "processor time, that of the clients included")
	for _, c := range clients {
		require.Equal(t, "+PONG", c.Do("PING"))
	}
	clients[0].Close()
	require.Eventually(t, func() bool { return s.Stats().Conns == most-1 }, patience, time.Millisecond)
	require.Equal(t, "+PONG", s.dial(t).Do("PING"))
}

func TestIdleConnectionsCostLittle(t *testing.T) {
	s := newTestServer(t, nil)
	before := heap()
	const n = 500
	conns := make([]net.Conn, n)
	for i := range conns {
		conn, err := net.Dial("tcp", s.addr)
		require.NoError(t, err)
		defer conn.Close()
		_, err = io.WriteString(conn, resptest.Command("SET", "key", "value"))
		require.NoError(t, err)
		_, err = io.ReadFull(conn, make([]byte, 5))
		require.NoError(t, err)
		conns[i] = conn
	}
	require.Less(t, (heap()-before)/n, int64(20<<10), "bytes a connection, those of its client included")
}
