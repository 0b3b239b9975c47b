package master

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/socket"
)

// redisConn is a connection to a master's port for Redis clients.
type redisConn struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func dialRedis(t *testing.T, m *Master) *redisConn {
	t.Helper()
	conn, err := net.Dial("tcp", m.RESPAddr())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
	return &redisConn{conn, t, bufio.NewReader(conn)}
}

// do sends a command of words without spaces and returns the reply's lines, with
// "|" between them; of an array only the header.
func (c *redisConn) do(line string) string {
	c.t.Helper()
	_, err := c.Write([]byte(line + "\r\n"))
	require.NoError(c.t, err)
	return c.reply()
}

func (c *redisConn) reply() string {
	c.t.Helper()
	line, err := c.r.ReadString('\n')
	require.NoError(c.t, err)
	line = strings.TrimSuffix(line, "\r\n")
	if line[0] == '$' && line != "$-1" {
		text, err := c.r.ReadString('\n')
		require.NoError(c.t, err)
		return strings.TrimSuffix(text, "\r\n")
	}
	return line
}

// TestAMasterTellsRedisClientsWhereKeysAre, and holds none itself.
func TestAMasterTellsRedisClientsWhereKeysAre(t *testing.T) {
	cfg := config(t)
	cfg.RESPPort = socket.AnyPort
	m := startMaster(t, cfg)
	c := dialRedis(t, m)
	require.Equal(t, "+PONG", c.do("PING"))
	require.Contains(t, c.do("GET k"), "-CLUSTERDOWN Hash slot not served: the cluster has no worker yet")

	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	moved := fmt.Sprintf("-MOVED %d w1:7379", placement.Slot([]byte("k")))
	for _, line := range []string{"GET k", "SET k v", "DEL k"} {
		require.Equal(t, moved, c.do(line), line)
	}
	for _, line := range []string{"SCAN 0", "KEYS *", "RANDOMKEY", "FLUSHALL", "CLUSTER COUNTKEYSINSLOT 7"} {
		require.Equal(t, "-"+noKeys, c.do(line), line)
	}
	require.Equal(t, ":0", c.do("DBSIZE"))
	require.Equal(t, "+PONG", c.do("PING"))
	require.Empty(t, w.options, "the worker was asked for nothing")
	for _, member := range m.gossip.Members() {
		if member.Name == "m" {
			require.Equal(t, m.RESPAddr(), member.RESPAddr)
		}
	}
}

func TestAMasterSaysWhenAWorkerHasNoPortForRedisClients(t *testing.T) {
	cfg := config(t)
	cfg.RESPPort = socket.AnyPort
	m := startMaster(t, cfg)
	awaitHeld(t, m, startWorker(t, "rpc1", m.GossipAddr()))
	require.Equal(t, "-CLUSTERDOWN Hash slot not served: rpc1, which has it, opens no port for Redis clients (--resp-port)", dialRedis(t, m).do("GET k"))
}

func TestAPortForRedisClientsThatIsTaken(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	cfg := config(t)
	cfg.RESPPort = ln.Addr().(*net.TCPAddr).Port
	err = startFails(t, cfg)
	inUse, _ := errors.AsType[*socket.PortInUse](err)
	require.NotNil(t, inUse, "%v", err)
	require.Equal(t, socket.RESPPort, inUse.Flag)
}

// TestAMasterServesRedisClientsThatKnowNoCluster, when it is asked to.
func TestAMasterServesRedisClientsThatKnowNoCluster(t *testing.T) {
	cfg := config(t)
	cfg.RESPPort, cfg.RESPProxy = socket.AnyPort, true
	m := startMaster(t, cfg)
	c := dialRedis(t, m)
	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	require.Equal(t, "$-1", c.do("GET k"))
	require.Equal(t, "+OK", c.do("SET k v"))
	require.Equal(t, "v", c.do("GET k"))

	// In the order of the connection, though each waits for the worker.
	_, err := c.Write([]byte(strings.Repeat("SET n 1\r\nGET n\r\nSET n 2\r\nGET n\r\n", 50)))
	require.NoError(t, err)
	for range 50 {
		for _, want := range []string{"+OK", "1", "+OK", "2"} {
			require.Equal(t, want, c.reply())
		}
	}

	// Times of day are computed from when a key was seen.
	task := &proxyTask{redisProxy: redisProxy{&m.front.proxy, func() int64 { return 42 }, nil}, ctx: t.Context(), to: m.front.proxy.Load()}
	for _, key := range []string{"k", "none"} {
		s, err := task.sight(key)
		require.NoError(t, err)
		require.Equal(t, key == "k", s.Found)
		require.EqualValues(t, 42, s.Now)
	}

	// A master that ends lets go of whoever waits.
	w.stop()
	_, err = c.Write([]byte("GET k\r\n"))
	require.NoError(t, err)
	m.Abort()
	line, err := c.r.ReadString('\n')
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	if err == nil {
		require.Contains(t, line, "-TRYAGAIN")
	}
}
