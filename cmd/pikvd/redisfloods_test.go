package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"pikv/resp/resptest"
	"pikv/testcluster/need"
)

// Attacks by silence, by slowness and by the number of connections.

// halfCommands begins commands and says no more: some with much of what they announce.
func halfCommands(t *testing.T, door victim, meanwhile func()) {
	halves := []string{
		"*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$8388608\r\nabc",
		fmt.Sprintf("*%d\r\n$4\r\nMGET\r\n$1\r\na\r\n$30000\r\nabc", mostArguments),
		"GET half",
		"*",
		"*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$8388608\r\n" + strings.Repeat("h", 6<<20),
		"*1000\r\n$3\r\nDEL\r\n" + strings.Repeat("$1\r\nk\r\n", 998),
		strings.Repeat("x", 60<<10),
	}
	door.together(t, 900, func(i int, c *net.TCPConn) {
		half := halves[i%len(halves)]
		if len(half) > 1<<20 && i >= 300 {
			half = half[:100<<10]
		}
		if _, err := io.WriteString(c, half); err != nil {
			t.Errorf("%.60q: %v", half, err)
		}
	})
	meanwhile()
	before := door.cpu(t)
	meanwhile()
	require.LessOrEqual(t, door.cpu(t)-before, 2*time.Second, "while they are silent")
}

// listedWithoutRoom takes what room there is by halves of long commands, and then has many
// list keys.
func listedWithoutRoom(t *testing.T, door victim, meanwhile func()) {
	const keys, batch = 10_000, 1000
	for from := 0; from < keys; from += batch {
		command := []string{"MSET"}
		for i := range batch {
			command = append(command, fmt.Sprint("{listed}", from+i), "")
		}
		require.Equal(t, "+OK", resptest.Dial(t, door.addr).Do(command...))
	}
	slot := resptest.Dial(t, door.addr).Do("CLUSTER", "KEYSLOT", "{listed}")
	door.together(t, 20, func(i int, c *net.TCPConn) {
		if _, err := io.WriteString(c, "*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$8388608\r\n"+strings.Repeat("h", 6<<20)); err != nil {
			t.Errorf("half a command: %v", err)
		}
	})
	lists := []string{resptest.Command("KEYS", "*"), resptest.Command("CLUSTER", "COUNTKEYSINSLOT", slot[1:]), resptest.Command("KEYS", "none")}
	var refused atomic.Int64
	door.together(t, 200, func(i int, c *net.TCPConn) {
		if _, err := io.WriteString(c, lists[i%len(lists)]); err != nil {
			t.Errorf("lister %d: %v", i, err)
		}
		switch said, err := replyOf(c); {
		case err == nil && said == "-TRYAGAIN too many bytes in flight":
			refused.Add(1)
		case err != nil || !strings.HasPrefix(said, "*[") && !strings.HasPrefix(said, ":"):
			t.Errorf("lister %d: %.100q, %v", i, said, err)
		}
	})
	meanwhile()
	require.Positive(t, refused.Load(), "there was room")
	t.Logf("%d are refused", refused.Load())
}

// patientReaders are those of the slow readers that read in the end.
const patientReaders = 4

// slowRedisReaders ask for 64 MiB each, in one reply or in many, and take nothing of them.
func slowRedisReaders(t *testing.T, door victim, meanwhile func()) {
	const times = 64
	value := strings.Repeat("v", 1<<20)
	require.Equal(t, "+OK", resptest.Dial(t, door.addr).Do("SET", "slow", value))
	one := resptest.Command(append([]string{"MGET"}, strings.Fields(strings.Repeat("slow ", times))...)...)
	many := strings.Repeat(resptest.Command("GET", "slow"), times)
	conns := make([]*net.TCPConn, 200)
	door.together(t, len(conns), func(i int, c *net.TCPConn) {
		conns[i] = c
		if i >= patientReaders {
			_ = c.SetReadBuffer(4 << 10)
		}
		if _, err := io.WriteString(c, []string{one, many}[i%2]); err != nil {
			t.Errorf("reader %d: %v", i, err)
		}
	})
	meanwhile()
	for _, c := range conns[:patientReaders] { // what they take in the end is right, as far as they were waited for
		r := bufio.NewReader(c)
		for range times {
			require.NoError(t, c.SetDeadline(time.Now().Add(replyTime)))
			said, err := resptest.ReadReply(r)
			if err != nil {
				require.True(t, hung(err), "a slow reader: %v", err)
				break
			}
			list := "*[" + strings.TrimSuffix(strings.Repeat(value+" ", times), " ") + "]"
			require.True(t, said == value || said == list || strings.HasPrefix(said, "-TRYAGAIN "), "a slow reader reads %.100q, %d bytes", said, len(said))
			if said != value {
				break
			}
		}
	}
}

// slowRedisReadersOfLittle ask for small values, very often, and read nothing.
func slowRedisReadersOfLittle(t *testing.T, door victim, meanwhile func()) {
	require.Equal(t, "+OK", resptest.Dial(t, door.addr).Do("SET", "little", strings.Repeat("v", 2<<10)))
	door.flood(t, []byte(strings.Repeat(resptest.Command("GET", "little"), 200)))
	meanwhile()
}

// TestARedisDoorWithRepliesBehindWrites has clients write, which waits for a backup that
// says nothing for a while, read small values behind that, and take nothing.
func TestARedisDoorWithRepliesBehindWrites(t *testing.T) {
	_, workers := startVictims(t, size{hostileMemory, hostileValue, 1024}, 2)
	door := workers[0].door()
	var own []string // keys that it is primary of
	door.await(t, "it serves nothing", func() (string, bool) {
		c := resptest.Dial(t, door.addr)
		defer c.Close()
		said := ""
		for i := 0; i < 100 && len(own) < 4; i++ {
			key := fmt.Sprint("little-", i)
			if said = c.Do("SET", key, strings.Repeat("v", 2<<10)); said == "+OK" {
				own = append(own, key)
			}
		}
		return said, len(own) == 4
	})
	door.await(t, "there is no backup", func() (string, bool) {
		said := resptest.Dial(t, door.addr).Do("WAIT", "1", "0")
		return said, said == ":1"
	})
	var all strings.Builder
	all.WriteString(resptest.Command("SET", own[0], "x"))
	for i := range 1000 {
		all.WriteString(resptest.Command("GET", own[1+i%3]))
	}
	require.NoError(t, workers[1].Process.Signal(unix.SIGSTOP))
	door.flood(t, []byte(all.String()))
	require.NoError(t, workers[1].Process.Signal(unix.SIGCONT))
	peak := door.peak(t)
	t.Logf("at most %d MB resident", peak>>20)
	require.LessOrEqual(t, peak, door.most())
	door.await(t, "it does not go on", func() (string, bool) {
		said := resptest.Dial(t, door.addr).Do("GET", own[1])
		return said, len(said) == 2<<10 || strings.HasPrefix(said, "-MOVED ")
	})
}

// slowReadersOfOneValue takes nothing of the largest value that there can be.
func slowReadersOfOneValue(t *testing.T, door victim, meanwhile func()) {
	value := strings.Repeat("v", door.value)
	require.Equal(t, "+OK", resptest.Dial(t, door.addr).Do("SET", "slow", value))
	conns := make([]*net.TCPConn, 50)
	door.together(t, len(conns), func(i int, c *net.TCPConn) {
		conns[i] = c
		if i >= patientReaders {
			_ = c.SetReadBuffer(4 << 10)
		}
		if _, err := io.WriteString(c, resptest.Command("GET", "slow")); err != nil {
			t.Errorf("reader %d: %v", i, err)
		}
	})
	meanwhile()
	for _, c := range conns[:patientReaders] {
		said, err := replyOf(c)
		if err != nil {
			require.True(t, hung(err), "a slow reader: %v", err)
			continue
		}
		// A master has every value from its worker, one after the other.
		late := door.proxy && strings.HasPrefix(said, "-CLUSTERDOWN ") && strings.Contains(said, "did not answer before the timeout")
		require.True(t, said == value || late || strings.HasPrefix(said, "-TRYAGAIN "), "a slow reader reads %.100q, %d bytes", said, len(said))
	}
}

// manyConns is how many connections there are where the system lets one process have
// so many files.
const manyConns = 10_000

// dialMany opens them, one after the other.
func dialMany(t *testing.T, door victim) []*net.TCPConn {
	t.Helper()
	var files unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &files))
	files.Cur = files.Max
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &files))
	const others = 200
	n := need.Files(t, manyConns, int(min(max(files.Cur, 2*others)-others, manyConns)))
	conns := make([]*net.TCPConn, n)
	for i := range conns {
		conns[i] = door.connect(t)
	}
	t.Logf("%d connections", n)
	return conns
}

// tooManyConnections: those beyond --max-conns are told so, or closed.
func tooManyConnections(t *testing.T, door victim, meanwhile func()) {
	conns := dialMany(t, door)
	served, told := 0, 0
	for i, c := range conns {
		_, _ = io.WriteString(c, "PING\r\n")
		switch said, err := replyOf(c); {
		case said == "+PONG":
			served++
		case said == "-ERR max number of clients reached":
			told++
		case !hung(err):
			t.Fatalf("connection %d: %q, %v", i, said, err)
		}
	}
	t.Logf("%d are served, %d are told that they are too many", served, told)
	require.Positive(t, served)
	require.LessOrEqual(t, served, door.conns)
	if len(conns) > 2*door.conns {
		require.Positive(t, told)
	}
	meanwhile()
}

// manyConnections are served, all of them, and cost little.
func manyConnections(t *testing.T, door victim, meanwhile func()) {
	conns := dialMany(t, door)
	for range 3 {
		for i, c := range conns {
			_, err := io.WriteString(c, resptest.Command("SET", fmt.Sprintf("many-%d", i%100), "value"))
			require.NoError(t, err)
		}
		for i, c := range conns {
			said, err := replyOf(c)
			require.NoError(t, err, "connection %d", i)
			require.Equal(t, "+OK", said, "connection %d", i)
		}
		meanwhile()
	}
}
