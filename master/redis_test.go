package master

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/resp/resptest"
	"pikv/socket"
	"pikv/wire"
)

func dialRedis(t *testing.T, m *Master) *resptest.Client {
	t.Helper()
	return resptest.Dial(t, m.RESPAddr())
}

// TestAMasterTellsRedisClientsWhereKeysAre, and holds none itself.
func TestAMasterTellsRedisClientsWhereKeysAre(t *testing.T) {
	cfg := config(t)
	cfg.RESPPort = socket.AnyPort
	m := startMaster(t, cfg)
	c := dialRedis(t, m)
	require.Equal(t, "+PONG", c.Line("PING"))
	require.Equal(t, redisID(cfg.Cluster, cfg.Name), c.Line("CLUSTER MYID"))
	require.Contains(t, c.Line("GET k"), "-CLUSTERDOWN Hash slot not served: the cluster has no worker yet")

	w := startWorker(t, "w1", m.GossipAddr())
	awaitHeld(t, m, w)
	moved := fmt.Sprintf("-MOVED %d w1:7379", placement.Slot([]byte("k")))
	for _, line := range []string{"GET k", "SET k v", "DEL k"} {
		require.Equal(t, moved, c.Line(line), line)
	}
	for _, line := range []string{"SCAN 0", "KEYS *", "RANDOMKEY", "FLUSHALL", "CLUSTER COUNTKEYSINSLOT 7"} {
		require.Equal(t, "-"+noKeys, c.Line(line), line)
	}
	require.Equal(t, ":0", c.Line("DBSIZE"))
	require.Equal(t, "+PONG", c.Line("PING"))
	require.Empty(t, w.options, "the worker was asked for nothing")
	for _, member := range m.gossip.Members() {
		if member.Name == "m" {
			require.Equal(t, m.RESPAddr(), member.RESPAddr)
		}
	}
}

// TestTheProxyTellsWhatWorkersReported of their keys, the sums of all.
func TestTheProxyTellsWhatWorkersReported(t *testing.T) {
	cfg := config(t)
	cfg.RESPPort, cfg.RESPProxy = socket.AnyPort, true
	m := startMaster(t, cfg)
	for i, name := range []string{"w1", "w2"} {
		w := muteWorker(t, name, m.GossipAddr(), 0, nil)
		require.Eventually(t, func() bool { return m.front.gossiped(w.inc) }, 30*time.Second, time.Millisecond)
		rep, err := m.front.readReport(wire.ReportRequest{Name: name, Incarnation: uint64(w.inc), Used: 1000, Keys: 10, Mortal: int64(3 + i), Expired: int64(5 + i)})
		require.NoError(t, err)
		_, err = m.front.reports.record(rep)
		require.NoError(t, err)
	}
	c := dialRedis(t, m)
	require.Equal(t, "# Keyspace\r\ndb0:keys=20,expires=7,avg_ttl=0\r\n", c.Do("INFO", "keyspace"))
	require.Contains(t, c.Do("INFO", "stats"), "\r\nexpired_keys:11\r\n")
	require.Contains(t, c.Do("INFO", "memory"), "\r\nused_memory_peak:2000\r\n")
}

// TestAMastersIDIsItsOwn, and stays.
func TestAMastersIDIsItsOwn(t *testing.T) {
	require.Regexp(t, "^[0-9a-f]{40}$", redisID("pikv", "m1"))
	require.Equal(t, redisID("pikv", "m1"), redisID("pikv", "m1"))
	require.NotEqual(t, redisID("pikv", "m1"), redisID("pikv", "m2"))
	require.NotEqual(t, redisID("a", "m1"), redisID("b", "m1"))
}

func TestAMasterSaysWhenAWorkerHasNoPortForRedisClients(t *testing.T) {
	cfg := config(t)
	cfg.RESPPort = socket.AnyPort
	m := startMaster(t, cfg)
	awaitHeld(t, m, startWorker(t, "rpc1", m.GossipAddr()))
	require.Equal(t, "-CLUSTERDOWN Hash slot not served: rpc1, which has it, opens no port for Redis clients (--resp-port)", dialRedis(t, m).Line("GET k"))
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
	require.Equal(t, "nil", c.Line("GET k"))
	require.Equal(t, "+OK", c.Line("SET k v"))
	require.Equal(t, "v", c.Line("GET k"))

	// In the order of the connection, though each waits for the worker.
	_, err := c.Write([]byte(strings.Repeat("SET n 1\r\nGET n\r\nSET n 2\r\nGET n\r\n", 50)))
	require.NoError(t, err)
	for range 50 {
		for _, want := range []string{"+OK", "1", "+OK", "2"} {
			require.Equal(t, want, c.Reply())
		}
	}

	// Times of day are computed from when a key was seen.
	task := &proxyTask{redisProxy: redisProxy{&m.front.proxy, func() int64 { return 42 }, nil, nil}, ctx: t.Context(), to: m.front.proxy.Load()}
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
	line, err := c.Reader.ReadString('\n')
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
	if err == nil {
		require.Contains(t, line, "-TRYAGAIN")
	}
}
