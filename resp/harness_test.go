package resp

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"pikv/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait.
const patience = 30 * time.Second

// testServer is a server over a memory.
type testServer struct {
	*Server
	memory *memory
	addr   string
}

func newTestServer(t *testing.T, change func(cfg *Config)) *testServer {
	t.Helper()
	return newPreparedServer(t, change, func(*Server) {})
}

// newPreparedServer is newTestServer with a look at the server before it starts.
func newPreparedServer(t *testing.T, change func(cfg *Config), prepare func(s *Server)) *testServer {
	t.Helper()
	s := &testServer{memory: newMemory()}
	cfg := Config{
		Keyspace: s.memory, Cluster: alone{viewOfMemory()}, Limits: wire.DefaultLimits(), Budget: wire.NewBudget(256 << 20),
		Clock: func() int64 { return int64(time.Since(s.memory.began)) },
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	s.Server, err = New(cfg)
	require.NoError(t, err)
	prepare(s.Server)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.addr = ln.Addr().String()
	require.NoError(t, s.Start(ln))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = s.Close(ctx)
	})
	return s
}

// testClient is a connection to a server.
type testClient struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func (s *testServer) dial(t *testing.T) *testClient {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return &testClient{Conn: conn, t: t, r: bufio.NewReader(conn)}
}

func (c *testClient) send(raw string) {
	c.t.Helper()
	_, err := io.WriteString(c, raw)
	require.NoError(c.t, err)
}

// do sends a command and returns its reply, as readReply has it.
func (c *testClient) do(args ...string) string {
	c.t.Helper()
	c.send(command(args...))
	return c.reply()
}

// command is one as clients send it.
func command(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.String()
}

func (c *testClient) reply() string {
	c.t.Helper()
	s, err := readReply(c.r)
	require.NoError(c.t, err)
	return s
}

// closed checks that nothing more comes.
func (c *testClient) closed() {
	c.t.Helper()
	rest, err := io.ReadAll(c.r)
	require.NoError(c.t, err)
	require.Empty(c.t, string(rest))
}

// readReply reads one reply: its first byte, its text, and for lists what they
// hold, in brackets.
func readReply(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSuffix(line, "\r\n")
	n, _ := strconv.Atoi(line[1:])
	switch line[0] {
	case '$', '=':
		if n < 0 {
			return "nil", nil
		}
		b := make([]byte, n+2)
		_, err := io.ReadFull(r, b)
		return string(b[:n]), err
	case '*', '~', '%':
		if line[0] == '%' {
			n *= 2
		}
		if n < 0 {
			return "nil list", nil
		}
		list := make([]string, n)
		for i := range list {
			if list[i], err = readReply(r); err != nil {
				return "", err
			}
		}
		return line[:1] + "[" + strings.Join(list, " ") + "]", nil
	default:
		return line, nil
	}
}
