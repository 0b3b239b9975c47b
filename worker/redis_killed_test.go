package worker

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
)

// A client that dies in the middle of its pipeline has had done what it had asked for
// up to some command, and nothing behind it. Nothing of it is left, and others are served
// meanwhile.
func TestRedisClientsThatDieHaveDoneTheBeginningOfTheirPipelines(t *testing.T) {
	t.Run("one copy", func(t *testing.T) { killedClients(t, redisWorker(t, Config{})) })
	t.Run("two copies", func(t *testing.T) {
		timing := unhurried()
		timing.Lease, timing.Wait = time.Hour, 2*time.Hour // nothing waits so long that it is given up
		a, b, wake := redisPairAsleep(t, timing)
		wake()
		eventually(t, "both have each other's lease", func() bool { return leased(a, b) && leased(b, a) })
		killedClients(t, a)
	})
}

// killedPipeline is what a client sends and nobody reads the replies of: SETs of the keys
// {tag}0, {tag}1 and so on.
type killedPipeline struct {
	tag       string
	valueSize int
	commands  int // at most
}

// key is the i-th that is set.
func (p *killedPipeline) key(i int) string { return fmt.Sprintf("{%s}%d", p.tag, i) }

// send sends until the connection breaks.
func (p *killedPipeline) send(c *resptest.Client) {
	value := strings.Repeat("v", p.valueSize)
	var in strings.Builder
	for i := range p.commands {
		in.WriteString(resptest.Command("SET", p.key(i), value))
		if in.Len() < 10_000 && i < p.commands-1 {
			continue
		}
		if _, err := c.Write([]byte(in.String())); err != nil {
			return
		}
		in.Reset()
	}
}

// done returns how many of the keys are there, and whether they are the first.
func (p *killedPipeline) done(c *resptest.Client) (n int, whole bool) {
	count := func(most int) (sum int) {
		const atOnce = 1000
		for from := 0; from < most; from += atOnce {
			command := []string{"EXISTS"}
			for i := from; i < min(from+atOnce, most); i++ {
				command = append(command, p.key(i))
			}
			some, _ := strconv.Atoi(strings.TrimPrefix(c.Do(command...), ":"))
			sum += some
		}
		return sum
	}
	n = count(p.commands)
	return n, count(n) == n
}

func killedClients(t *testing.T, w *Worker) {
	other := dialRedis(t, w)
	require.Equal(t, "+OK", other.Do("SET", ledKey(0, 99), "v"))
	pipelines := []killedPipeline{
		{ledKey(0, 0), 1, 20_000}, {ledKey(0, 1), 100, 20_000}, {ledKey(0, 2), 5 << 10, 2000}, {ledKey(0, 3), 64 << 10, 200},
	}
	var clients []*resptest.Client
	var sending sync.WaitGroup
	defer sending.Wait()
	for i := range pipelines {
		c := dialRedis(t, w)
		clients = append(clients, c)
		sending.Go(func() { pipelines[i].send(c) })
	}
	for i := range clients {
		eventually(t, "some are done", func() bool { return other.Do("EXISTS", pipelines[i].key(20)) == ":1" })
		clients[i].Break()
		require.Equal(t, "v", other.Do("GET", ledKey(0, 99)))
	}
	eventually(t, "they are gone", func() bool { return w.redis.Stats().Conns == 1 })
	for i := range pipelines {
		p := &pipelines[i]
		var done int
		// Large values are on their way to the other replica before small ones.
		eventually(t, "what is there is a beginning", func() (whole bool) {
			done, whole = p.done(other)
			return whole
		})
		require.Greater(t, done, 20)
		require.Len(t, other.Do("GET", p.key(done-1)), p.valueSize)
		t.Logf("%d of %d commands with %d bytes", done, p.commands, p.valueSize)
	}
	eventually(t, "the budget is whole again", func() bool { return w.cfg.Server.Budget.Used() == 0 })
}
