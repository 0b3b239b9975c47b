// Package resptest is a client of Redis for the tests of whoever serves such. It knows
// only how commands and replies are written, and imports nothing of the project, so that
// it can be wrong only by itself.
package resptest

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience bounds each read and each write.
const patience = 30 * time.Second

// Client is a connection to a port for clients of Redis. What goes wrong on it ends the
// test. Not safe for concurrent use.
type Client struct {
	net.Conn
	Reader *bufio.Reader // of what comes, for tests that look at bytes
	t      testing.TB
}

// Dial connects until the end of the test.
func Dial(t testing.TB, addr string) *Client {
	t.Helper()
	return dial(t, "tcp", addr)
}

// DialUnix is Dial to a server that listens at a path.
func DialUnix(t testing.TB, path string) *Client {
	t.Helper()
	return dial(t, "unix", path)
}

func dial(t testing.TB, network, addr string) *Client {
	t.Helper()
	conn, err := net.Dial(network, addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	conn = patient{conn}
	return &Client{Conn: conn, Reader: bufio.NewReader(conn), t: t}
}

// patient gives each read and write the time that it may take.
type patient struct{ net.Conn }

func (p patient) Read(b []byte) (int, error) {
	if err := p.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	return p.Conn.Read(b)
}

func (p patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}

// Raw sends bytes as they are.
func (c *Client) Raw(bytes string) {
	c.t.Helper()
	_, err := io.WriteString(c, bytes)
	require.NoError(c.t, err)
}

// Send sends a command, and does not wait for its reply.
func (c *Client) Send(args ...string) {
	c.t.Helper()
	c.Raw(Command(args...))
}

// Do sends a command and returns its reply, as ReadReply has it.
func (c *Client) Do(args ...string) string {
	c.t.Helper()
	c.Send(args...)
	return c.Reply()
}

// Line is Do of words with spaces between. The word ” is empty.
func (c *Client) Line(command string) string {
	c.t.Helper()
	words := strings.Fields(command)
	for i, w := range words {
		if w == "''" {
			words[i] = ""
		}
	}
	return c.Do(words...)
}

// Reply reads one reply, as ReadReply has it.
func (c *Client) Reply() string {
	c.t.Helper()
	s, err := ReadReply(c.Reader)
	require.NoError(c.t, err)
	return s
}

// Break closes as a connection that breaks, rather than as one that sends no more. It is
// for those of Dial.
func (c *Client) Break() {
	c.t.Helper()
	require.NoError(c.t, c.Conn.(patient).Conn.(*net.TCPConn).SetLinger(0))
	c.Close()
}

// Closed checks that nothing more comes.
func (c *Client) Closed() {
	c.t.Helper()
	rest, err := io.ReadAll(c.Reader)
	require.NoError(c.t, err)
	require.Empty(c.t, string(rest))
}
