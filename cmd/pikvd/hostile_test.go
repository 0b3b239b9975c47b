package main

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/wire"
)

// The victims of most attacks: 64 MB, and no value of more than 8 MiB.
const (
	hostileMemory = 64 << 20
	hostileValue  = 8 << 20
)

// size is how much a victim can hold.
type size struct{ memory, value, conns int }

// most is what a worker may need at most while it is attacked: its entries, the
// runtime's soft limit (memlimit.go) and half of that again for what the collector
// has not come by yet.
func (s size) most() int64 {
	return int64(s.memory + 3*(2*(s.value+1<<20)+processBase+s.memory/heapPart)/2)
}

// victim is a node, a process of its own.
type victim struct {
	*process
	size
	addr        string
	redis       string // address for Redis clients
	proxy       bool   // it is a master: programs are served through it
	filesAtRest int    // that it had open before anything came
}

// newVictims starts a master, and a worker that holds every partition.
func newVictims(t *testing.T) (master, worker victim) {
	t.Helper()
	return newVictimsOf(t, size{hostileMemory, hostileValue, 1024})
}

func newVictimsOf(t *testing.T, s size) (master, worker victim) {
	t.Helper()
	master, workers := startVictims(t, s, 1)
	worker = workers[0]
	for _, v := range []*victim{&worker, &master} {
		v.insist(t, "Put", "alive", "yes")
		v.filesAtRest = v.files(t)
	}
	return master, worker
}

// startVictims starts a master and so many workers, each of which has a copy of everything.
func startVictims(t *testing.T, s size, copies int) (master victim, workers []victim) {
	t.Helper()
	if raceEnabled {
		t.Skip("the race detector needs memory of its own")
	}
	if _, err := os.Stat("/proc/self/clear_refs"); err != nil {
		t.Skip("memory is told by /proc")
	}
	bounds := []string{"--bind", "127.0.0.1", "--rpc-port", "0", "--resp-port", "any", "--gossip-port", "0",
		"--max-memory", fmt.Sprint(s.memory), "--max-value", fmt.Sprint(s.value), "--max-conns", fmt.Sprint(s.conns)}
	m := pikvdFor(t, 5*time.Minute, nil, slices.Concat([]string{"start", "--role", "master", "--name", "m", "--data-dir", t.TempDir(), "--replicas", fmt.Sprint(copies), "--partitions", "16", "--resp-proxy"}, bounds)...)
	ready := m.line(t, "ready ")
	master = victim{process: m, size: s, addr: word(t, ready, "rpc"), redis: word(t, ready, "resp"), proxy: true}
	gossip := word(t, ready, "gossip")
	for i := range copies {
		w := pikvdFor(t, 5*time.Minute, nil, slices.Concat([]string{"start", "--role", "worker", "--name", fmt.Sprint("w", i), "--join", gossip}, bounds)...)
		ready := w.line(t, "ready ")
		workers = append(workers, victim{process: w, size: s, addr: word(t, ready, "rpc"), redis: word(t, ready, "resp")})
	}
	return master, workers
}

// word returns the value of name=value in a line.
func word(t *testing.T, line, name string) string {
	t.Helper()
	for w := range strings.FieldsSeq(line) {
		if value, ok := strings.CutPrefix(w, name+"="); ok {
			return value
		}
	}
	t.Fatalf("no %s in %q", name, line)
	return ""
}

// connect returns a connection on which each reply must come within a minute.
func (v victim) connect(t *testing.T) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", v.addr)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(replyTime)))
	return c.(*net.TCPConn)
}

// call is a request with texts as parameters.
func call(id uint32, method string, params ...string) []byte {
	buf := wire.AppendArrayHeader(wire.AppendRequest(nil, id, method), len(params))
	for _, p := range params {
		buf = wire.AppendBin(buf, []byte(p))
	}
	return buf
}

// try makes a call on a connection of its own.
func (v victim) try(t *testing.T, method string, params ...string) wire.Message {
	t.Helper()
	c := v.connect(t)
	defer c.Close()
	_, err := c.Write(call(1, method, params...))
	require.NoError(t, err)
	m, err := newReplies(c).next()
	require.NoError(t, err)
	return m
}

// ask makes a call again and again while there is no room for it.
func (v victim) ask(t *testing.T, method string, params ...string) (m wire.Message) {
	t.Helper()
	deadline := time.Now().Add(replyTime)
	for retry := time.NewTicker(20 * time.Millisecond); ; <-retry.C {
		m = v.try(t, method, params...)
		switch codeOf(m) {
		case wire.CodeBusy, wire.CodeOutOfMemory, wire.CodeNoWorkers:
			require.True(t, time.Now().Before(deadline), "%s: %s", method, m.Err)
		default:
			return m
		}
	}
}

// insist is ask for calls that succeed.
func (v victim) insist(t *testing.T, method string, params ...string) {
	t.Helper()
	require.Empty(t, codeOf(v.ask(t, method, params...)), method)
}

// replies reads what a node answers.
type replies struct {
	conn   net.Conn
	frames *wire.FrameReader
}

func newReplies(c net.Conn) replies {
	limits := wire.DefaultLimits()
	limits.Elements = 1 << 22
	return replies{c, wire.NewFrameReader(c, limits, nil)}
}

// replyTime is how long a reply may take.
const replyTime = time.Minute

func (r replies) next() (wire.Message, error) {
	if err := r.conn.SetDeadline(time.Now().Add(replyTime)); err != nil {
		return wire.Message{}, err
	}
	frame, _, err := r.frames.ReadFrame(nil)
	if err != nil {
		return wire.Message{}, err
	}
	return wire.ParseMessage(frame)
}

// unharmed checks that the worker still serves, and that since the last time it
// never needed more memory than it may.
func (v victim) unharmed(t *testing.T) {
	t.Helper()
	m := v.ask(t, "Get", "alive")
	require.Nil(t, m.Err)
	value, found, err := wire.DecodeGetResult(wire.NewDecoder(m.Result))
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "yes", string(value))
	peak := v.peak(t)
	t.Logf("at most %d MB resident", peak>>20)
	require.LessOrEqual(t, peak, v.most())
}

// peak returns the most memory that the process has occupied since the last
// call.
func (v victim) peak(t *testing.T) int64 {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/", v.Process.Pid)
	status, err := os.ReadFile(dir + "status")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	require.True(t, found, "%s", status)
	var kib int64
	_, err = fmt.Sscan(rest, &kib)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(dir+"clear_refs", []byte("5"), 0)) // begin anew
	return kib << 10
}

// codeOf returns the code of an answer, "" for success.
func codeOf(m wire.Message) wire.Code {
	if m.Err == nil {
		return ""
	}
	e := wire.DecodeError(wire.NewDecoder(m.Err))
	if e == nil {
		return "no error of the protocol"
	}
	return e.Code
}

// together runs attack on n connections at once.
func (v victim) together(t *testing.T, n int, attack func(i int, c *net.TCPConn)) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		c := v.connect(t)
		wg.Go(func() { attack(i, c) })
	}
	wg.Wait()
}
