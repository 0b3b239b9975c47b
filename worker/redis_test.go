package worker

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/socket"
)

// redisWorker returns a worker alone with its 16 partitions, whose door for clients
// of Redis is open.
func redisWorker(t *testing.T, cfg Config) *Worker {
	t.Helper()
	cfg.Name, cfg.RESPPort = "w1", socket.AnyPort
	if cfg.MaxMemory == 0 {
		cfg.MaxMemory = 64 << 20
	}
	w := newWorkerOf(t, cfg)
	openRedis(t, w)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 1))))
	return w
}

// openRedis opens a worker's door without gossip and loops.
func openRedis(t *testing.T, w *Worker) {
	t.Helper()
	ln, err := w.listenRedis("127.0.0.1")
	require.NoError(t, err)
	require.NoError(t, w.redis.Start(ln))
}

// redisClient is a connection to a door.
type redisClient struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func dialRedis(t *testing.T, w *Worker) *redisClient {
	t.Helper()
	conn, err := net.Dial("tcp", w.RESPAddr())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return &redisClient{Conn: conn, t: t, r: bufio.NewReader(conn)}
}

func redisCommand(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.String()
}

// send sends a command and does not wait.
func (c *redisClient) send(args ...string) {
	c.t.Helper()
	_, err := io.WriteString(c, redisCommand(args...))
	require.NoError(c.t, err)
}

// do sends a command and returns its reply.
func (c *redisClient) do(args ...string) string {
	c.t.Helper()
	c.send(args...)
	return c.reply()
}

// reply reads a reply: the text of strings, "nil", others with their first byte.
func (c *redisClient) reply() string {
	c.t.Helper()
	line, err := c.r.ReadString('\n')
	require.NoError(c.t, err)
	line = strings.TrimSuffix(line, "\r\n")
	var n int
	switch line[0] {
	case '$':
		_, err := fmt.Sscanf(line[1:], "%d", &n)
		require.NoError(c.t, err)
		if n < 0 {
			return "nil"
		}
		b := make([]byte, n+2)
		_, err = io.ReadFull(c.r, b)
		require.NoError(c.t, err)
		return string(b[:n])
	case '*':
		_, err := fmt.Sscanf(line[1:], "%d", &n)
		require.NoError(c.t, err)
		list := make([]string, n)
		for i := range list {
			list[i] = c.reply()
		}
		return "[" + strings.Join(list, " ") + "]"
	default:
		return line
	}
}

func TestRedisClientsWriteAndRead(t *testing.T) {
	w := redisWorker(t, Config{})
	c := dialRedis(t, w)
	require.Equal(t, "nil", c.do("GET", "k"))
	require.Equal(t, "+OK", c.do("SET", "k", "v"))
	require.Equal(t, "v", c.do("GET", "k"))
	for _, size := range []int{5 << 10, lendFrom - 1, lendFrom, 1 << 20, 5 << 20} {
		value := strings.Repeat("x", size)
		require.Equal(t, "+OK", c.do("SET", "large", value))
		require.Equal(t, value, c.do("GET", "large"))
	}
	eventually(t, "the budget is whole again", func() bool { return w.cfg.Server.Budget.Used() == 0 })
	require.Equal(t, "-ERR empty key", c.do("GET", ""))
	require.Contains(t, c.do("GET", strings.Repeat("k", 65<<10)), "-ERR key of 66560 bytes is over the limit")
}

func TestRedisClientsLearnThatTheMemoryIsFull(t *testing.T) {
	w := redisWorker(t, Config{MaxMemory: 1 << 20})
	c := dialRedis(t, w)
	require.Equal(t, "-OOM command not allowed when used memory > 'maxmemory'.", c.do("SET", "k", strings.Repeat("v", 2<<20)))
	require.Equal(t, "nil", c.do("GET", "k"))
}
