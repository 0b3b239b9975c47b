package worker

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/resp/resptest"
	"pikv/socket"
)

// redisPair is pair with doors for clients of Redis, once both serve.
func redisPair(t *testing.T) (a, b *Worker) {
	t.Helper()
	a, b, wake := redisPairAsleep(t, quick())
	wake()
	eventually(t, "both have each other's lease", func() bool { return leased(a, b) && leased(b, a) })
	return a, b
}

// redisPairAsleep is redisPair before wake has been called: neither asks for leases.
func redisPairAsleep(t *testing.T, timing replica.Timing) (a, b *Worker, wake func()) {
	t.Helper()
	a, b = redisUnserved(t, timing)
	for _, w := range []*Worker{a, b} {
		serve(t, w)
	}
	v := sharedView(t, a, b)
	for i := range v.Nodes {
		v.Nodes[i].RESPAddr = map[string]string{"a": a.respAddr, "b": b.respAddr}[v.Nodes[i].Name]
	}
	for _, w := range []*Worker{a, b} {
		require.NoError(t, w.follower.adopt(replyWith(v)))
	}
	return a, b, func() {
		for _, w := range []*Worker{a, b} {
			loops(w, w.runTicks, w.changes.run)
		}
	}
}

// redisUnserved is unserved with doors that are open.
func redisUnserved(t *testing.T, timing replica.Timing) (a, b *Worker) {
	t.Helper()
	cfg := Config{Name: "a", Timing: timing, RESPPort: socket.AnyPort, MaxMemory: 64 << 20}
	a = newWorkerOf(t, cfg)
	cfg.Name = "b"
	b = newWorkerOf(t, cfg)
	openRedis(t, a)
	openRedis(t, b)
	return a, b
}

// What lists keys waits for the leases, as other commands do.
func TestRedisClientsListKeysOfYoungPartitions(t *testing.T) {
	a, _, wake := redisPairAsleep(t, quick())
	key := ledKey(0, 0)
	slot := fmt.Sprint(placement.Slot([]byte(key)))
	commands := [][]string{{"SCAN", "0"}, {"KEYS", "*"}, {"RANDOMKEY"}, {"CLUSTER", "COUNTKEYSINSLOT", slot}, {"FLUSHALL"}}
	var clients []*resptest.Client
	for _, command := range commands {
		c := dialRedis(t, a)
		c.Send(command...)
		clients = append(clients, c)
	}
	eventually(t, "all have come", func() bool { return a.redis.Stats().Commands == int64(len(commands)) })
	wake()
	for i, want := range []string{"*[0 *[]]", "*[]", "nil", ":0", "+OK"} {
		require.Equal(t, want, clients[i].Reply(), "%v", commands[i])
	}
}

// ledKey returns a key in one of the partitions that a (0) or b (1) is primary of.
func ledKey(node, n int) string {
	for i := 0; ; i++ {
		if key := fmt.Sprintf("key-%d-%d", n, i); int(placement.PartitionOf([]byte(key), 16))%2 == node {
			return key
		}
	}
}

// Writes wait for the other's acknowledgement, and what comes behind them on the
// connection sees them all the same, in order.
func TestRedisPipelinesSeeTheirOwnWrites(t *testing.T) {
	a, _ := redisPair(t)
	c := dialRedis(t, a)
	var in strings.Builder
	var want []string
	say := func(reply string, args ...string) {
		in.WriteString(resptest.Command(args...))
		want = append(want, reply)
	}
	for round := range 50 {
		key, tag := ledKey(0, round), "{"+ledKey(0, round)+"}"
		for i := range 4 {
			value := strings.Repeat("v", []int{1, 100, 40 << 10, 100 << 10}[i]) + fmt.Sprint(round, i)
			if i >= 2 && round%10 != 0 {
				continue
			}
			say("+OK", "SET", key, value)
			say(value, "GET", key)
			say("pong", "ECHO", "pong")
		}
		say(":1", "DEL", key)
		say("nil", "GET", key)
		say("+OK", "SET", tag+"1", "x")
		say("+OK", "SET", tag+"2", "y")
		say(":2", "DEL", tag+"1", tag+"2", tag+"3")
	}
	say(":1", "WAIT", "1", "100")
	go func() { _, _ = c.Write([]byte(in.String())) }() // replies are read meanwhile
	for i := range want {
		require.Equal(t, want[i], c.Reply(), "reply %d", i)
	}
	eventually(t, "the budget is whole again", func() bool { return a.cfg.Server.Budget.Used() == 0 })
}

func TestRedisClientsAreSentToThePrimary(t *testing.T) {
	a, b := redisPair(t)
	c := dialRedis(t, a)
	key := ledKey(1, 0)
	moved := fmt.Sprintf("-MOVED %d %s", placement.Slot([]byte(key)), b.respAddr)
	require.Equal(t, moved, c.Do("GET", key))
	require.Equal(t, moved, c.Do("SET", key, "v"))
	require.Equal(t, moved, c.Do("DEL", key))
	require.Equal(t, moved, c.Do("DEL", "{"+key+"}", "{"+key+"}2"))
	d := dialRedis(t, b)
	require.Equal(t, "+OK", d.Do("SET", key, "v"))
	require.Equal(t, "v", d.Do("GET", key))
	slots := c.Do("CLUSTER", "SLOTS")
	require.Contains(t, slots, "*[:0 :1023 *[127.0.0.1 :"+strings.TrimPrefix(a.respAddr, "127.0.0.1:")+" ")
	require.Equal(t, 16, strings.Count(slots, "127.0.0.1"))
	require.Contains(t, c.Do("CLUSTER", "INFO"), "cluster_state:ok")
	require.Contains(t, c.Do("CLUSTER", "NODES"), "myself,master")
}

func TestRedisClientsLearnThatThereIsNoViewYet(t *testing.T) {
	w := newWorkerOf(t, Config{Name: "w1", RESPPort: socket.AnyPort})
	openRedis(t, w)
	c := dialRedis(t, w)
	require.Equal(t, "-CLUSTERDOWN Hash slot not served", c.Do("GET", "k"))
	require.Equal(t, "-CLUSTERDOWN Hash slot not served", c.Do("SET", "k", "v"))
	require.Equal(t, "*[]", c.Do("CLUSTER", "SLOTS"))
	require.Contains(t, c.Do("CLUSTER", "INFO"), "cluster_state:fail")
}

// Whoever has a write under way when the worker stops gets its answer.
func TestRedisClientsGetTheirRepliesWhenTheWorkerStops(t *testing.T) {
	a, _ := redisPair(t)
	c := dialRedis(t, a)
	for i := range 200 {
		c.Send("SET", ledKey(0, i), "v")
	}
	require.Equal(t, "+OK", c.Reply())
	closed := make(chan error)
	go func() { closed <- a.closeRedis(t.Context()) }()
	n := 1
	for {
		line, err := c.Reader.ReadString('\n')
		if err != nil {
			break
		}
		require.Equal(t, "+OK\r\n", line)
		n++
	}
	require.NoError(t, <-closed)
	require.Positive(t, n)
	require.Equal(t, int64(n), a.redis.Stats().Commands, "each command that was begun is answered")
}
