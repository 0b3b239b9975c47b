package checked

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loaded is a cluster with a load that has filled it.
func loaded(t *testing.T) (*clienttest.Cluster, *client.Client, *Load) {
	t.Helper()
	cluster := clienttest.New(t, 2, 16)
	c, err := client.New(t.Context(), []string{cluster.Master.Addr})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	l := New(c, Options{Keys: 50, ValueSize: 32, Writers: 3, ReadShare: 0.5, Seed: 1})
	require.NoError(t, l.Fill(t.Context()))
	return cluster, c, l
}

// run puts the load on until something has happened, and returns what it did.
func run(t *testing.T, l *Load, happened func() bool) *Phase {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l.Phase("moment")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.Run(ctx)
	}()
	defer func() {
		cancel()
		<-ended
	}()
	require.Eventually(t, happened, 30*time.Second, time.Millisecond)
	cancel()
	<-ended
	return l.Phase("after")
}

// counted is how many operations the phase has.
func (l *Load) counted() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.phase.Latency.TotalCount()
}

func TestALoadWithoutTroubleFindsNone(t *testing.T) {
	_, _, l := loaded(t)
	p := run(t, l, func() bool { return l.counted() > 0 })
	require.Equal(t, "moment", p.Name)
	require.Positive(t, p.Latency.TotalCount())
	require.Positive(t, p.PerSecond())
	require.LessOrEqual(t, p.At(50), p.At(100))
	require.NoError(t, l.Verify(t.Context()))
	failed, wrong, texts := l.Problems()
	require.Zero(t, failed+wrong, texts)
}

// Writers go by the rate that was set last.
func TestTheRateChangesUnderWay(t *testing.T) {
	_, _, l := loaded(t)
	require.Zero(t, l.interval(), "a closed loop")
	l.SetRate(3e3)
	require.Equal(t, time.Millisecond, l.interval(), "three writers")
	run(t, l, func() bool {
		if l.counted() > 100 {
			l.SetRate(0) // now they need not wait
			return l.counted() > 1000
		}
		return false
	})
	require.Zero(t, l.interval())
}

// TestWhatItMustFind: each thing that a store may do wrong behind its back.
func TestWhatItMustFind(t *testing.T) {
	for name, harm := range map[string]func(t *testing.T, c *client.Client, l *Load) (what string){
		"a lost value": func(t *testing.T, c *client.Client, l *Load) string {
			_, err := c.Del(t.Context(), l.key(7))
			require.NoError(t, err)
			return "get k7: lost, write 1 was acknowledged"
		},
		"a value from before": func(t *testing.T, c *client.Client, l *Load) string {
			l.acked[7], l.tried[7] = 3, 3
			return "get k7: write 1, but 3 was acknowledged and 3 begun"
		},
		"a value that nobody wrote": func(t *testing.T, c *client.Client, l *Load) string {
			_, err := c.Put(t.Context(), l.key(7), l.value(7, 2))
			require.NoError(t, err)
			return "get k7: write 2, but 1 was acknowledged and 1 begun"
		},
		"another key's value": func(t *testing.T, c *client.Client, l *Load) string {
			_, err := c.Put(t.Context(), l.key(7), l.value(8, 1))
			require.NoError(t, err)
			return "get k7: write 1, but"
		},
		"half a value": func(t *testing.T, c *client.Client, l *Load) string {
			_, err := c.Put(t.Context(), l.key(7), l.value(7, 1)[:8])
			require.NoError(t, err)
			return "get k7: 8 bytes"
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, c, l := loaded(t)
			what := harm(t, c, l)
			err := l.Verify(t.Context())
			require.ErrorContains(t, err, "0 keys could not be read, 1 are wrong")
			require.ErrorContains(t, err, what)
		})
	}
}

// TestAWriteOfUnknownFate may be there or not; once seen it must stay.
func TestAWriteOfUnknownFate(t *testing.T) {
	_, c, l := loaded(t)
	l.tried[7] = 2 // begun, and never answered
	require.NoError(t, l.Verify(t.Context()), "it is not there")
	_, err := c.Put(t.Context(), l.key(7), l.value(7, 2))
	require.NoError(t, err)
	require.NoError(t, l.Verify(t.Context()), "it is")
	_, err = c.Put(t.Context(), l.key(7), l.value(7, 1))
	require.NoError(t, err)
	require.ErrorContains(t, l.Verify(t.Context()), "write 1, but 2 was acknowledged", "and no more")
}

func TestAFailureIsNoWrongAnswer(t *testing.T) {
	cluster, _, l := loaded(t)
	for _, w := range cluster.Workers {
		w.Intercept(func(r clienttest.Request) clienttest.Fault {
			if r.Method == wire.MethodPut {
				return clienttest.Fault{Err: wire.Errorf(wire.CodeOutOfMemory, "full")}
			}
			return clienttest.Fault{}
		})
	}
	run(t, l, func() bool { failed, _, _ := l.Problems(); return failed > 0 })
	failed, wrong, texts := l.Problems()
	require.Positive(t, failed)
	require.Zero(t, wrong, texts)
	require.Contains(t, texts[0], "full")
	require.LessOrEqual(t, len(texts), 10)
	require.NoError(t, l.Verify(t.Context()))
}
