package worker

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/resp/resptest"
)

// replace makes node the primary of a partition in the place of the one there is, as if
// it had been asked for that.
func (m *fakeMaster) replace(t *testing.T, id placement.PartitionID, node placement.Incarnation) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	next, refused := m.view.Next([]placement.Change{{
		Kind: placement.Replace, Partition: id, Epoch: m.view.Partitions[id].Epoch, Asker: node, Node: node,
	}})
	require.NoError(t, refused[0])
	m.view = next
}

// valueSize is how long the value of a key is that a write would find, whether it is
// committed or not.
func valueSize(w *Worker, key string) int {
	p := &w.table.Load().partitions[placement.PartitionOf([]byte(key), 16)]
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.core.ValueSize(w.now(), []byte(key))
}

// A primary that another replaces while writes wait in it says of each what is true:
// that nobody knows, of those that it had begun, and of all others that they had no
// effect. Its client gets the answers in the order of its commands.
func TestRedisClientsOfADeposedPrimaryLearnWhatBecameOfTheirWrites(t *testing.T) {
	a, b := redisUnserved(t, unhurried())
	m, _, toB := join(t, a, b)
	const partition = 0
	tag := "{" + ledKeyOf(partition) + "}"
	other := ledKey(1, 0) // b's all the time
	c := dialRedis(t, a)
	send := func(commands [][]string) {
		for _, command := range commands {
			c.Send(command...)
		}
	}
	require.Equal(t, "+OK", c.Do("MSET", tag+"set", "old", tag+"n", "1", tag+"log", "a", tag+"none", "none"))

	// Begun, and not acknowledged by b. What a needs for it are b's leases, which may
	// lapse on a busy machine before the first of them comes.
	begun := [][]string{
		{"SET", tag + "set", "longer"}, {"INCRBY", tag + "n", "1000"}, {"APPEND", tag + "log", "b"},
		{"SET", tag + "set", "much longer", "GET"}, {"DEL", tag + "n"}, {"MSET", tag + "x", "x", tag + "y", "y"},
	}
	for {
		toB.cut()
		send(begun)
		eventually(t, "they are begun, or must wait", func() bool { return valueSize(a, tag+"y") > 0 || !leased(a, b) })
		if valueSize(a, tag+"y") > 0 {
			break
		}
		toB.mend()
		for range begun {
			c.Reply()
		}
		served(t, c, "+OK", "MSET", tag+"set", "old", tag+"n", "1", tag+"log", "a")
		eventually(t, "there is nothing else", func() bool { return c.Do("DEL", tag+"x", tag+"y") == ":0" })
	}
	require.Equal(t, len("much longer"), valueSize(a, tag+"set"))
	eventually(t, "the leases lapse", func() bool { return !leased(a, b) })
	behind := [][]string{
		{"ECHO", "between"}, {"SET", tag + "none", "effect"}, {"GET", tag + "set"}, {"INCR", tag + "none"}, {"GET", other}, {"PING"},
	}
	before := a.redis.Stats().Commands
	send(behind)
	eventually(t, "all have come", func() bool { return a.redis.Stats().Commands >= before+int64(len(behind)) })
	m.replace(t, partition, b.incarnation)

	for _, command := range begun {
		require.Regexp(t, "^-UNKNOWNFATE ", c.Reply(), "%v", command)
	}
	noEffect := `^-(MOVED \d+ ` + regexp.QuoteMeta(b.respAddr) + `$|TRYAGAIN |CLUSTERDOWN )`
	moved := fmt.Sprintf("^-MOVED %d %s$", placement.Slot([]byte(other)), regexp.QuoteMeta(b.respAddr))
	for i, want := range []string{"^between$", noEffect, noEffect, noEffect, moved, "^\\+PONG$"} {
		require.Regexp(t, want, c.Reply(), "%v", behind[i])
	}

	d := dialRedis(t, b)
	served(t, d, "old", "GET", tag+"set")
	require.Equal(t, "*[1 a none nil nil]", d.Do("MGET", tag+"n", tag+"log", tag+"none", tag+"x", tag+"y"))
	require.Equal(t, "+OK", d.Do("SET", tag+"set", "new"))
	toB.mend() // what a had begun arrives at last
	eventually(t, "b has heard of a again", func() bool { return leased(a, b) })
	require.Equal(t, "*[new 1 a none nil nil]", d.Do("MGET", tag+"set", tag+"n", tag+"log", tag+"none", tag+"x", tag+"y"))
	require.Regexp(t, "^-MOVED ", c.Do("GET", tag+"set"))
	eventually(t, "the budget is whole again", func() bool { return a.cfg.Server.Budget.Used() == 0 })
}

// ledKeyOf returns a key of a partition.
func ledKeyOf(id placement.PartitionID) string {
	for i := 0; ; i++ {
		if key := fmt.Sprint("key", i); placement.PartitionOf([]byte(key), 16) == id {
			return key
		}
	}
}

// served repeats a command until it is answered so; before that it may be refused.
func served(t *testing.T, c *resptest.Client, want string, args ...string) {
	t.Helper()
	eventually(t, fmt.Sprint(args), func() bool {
		got := c.Do(args...)
		if got != want {
			require.Regexp(t, "^-(MOVED|TRYAGAIN|CLUSTERDOWN) ", got)
		}
		return got == want
	})
}
