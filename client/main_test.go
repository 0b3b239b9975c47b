package client_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(withExamples{m}) }

// seeds are those of the cluster that the examples run against.
var seeds []string

// withExamples runs the tests while there is a cluster for the examples.
type withExamples struct{ m *testing.M }

// Run implements goleak.TestingM.
func (w withExamples) Run() int {
	c, err := clienttest.Start(3, 64)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer c.Close()
	seeds = []string{c.Master.Addr}
	return w.m.Run()
}

// connect makes a client of c that knows the master only; it is closed when
// the test ends.
func connect(t *testing.T, c *clienttest.Cluster, opts ...client.Option) *client.Client {
	t.Helper()
	return connectTo(t, []string{c.Master.Addr}, opts...)
}

func connectTo(t *testing.T, seeds []string, opts ...client.Option) *client.Client {
	t.Helper()
	cl, err := client.New(t.Context(), seeds, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cl.Close()) })
	return cl
}

// eventually waits for a condition that something in the background brings about.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, 10*time.Second, time.Millisecond)
}

// short is a context whose end a test waits for.
func short(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// deadline is a context that has one which passes when the test says so.
type deadline struct {
	context.Context
	passed atomic.Bool
	done   chan struct{}
}

func newDeadline() *deadline {
	return &deadline{Context: context.Background(), done: make(chan struct{})}
}

// pass lets it pass without anybody being told: whoever waits goes on doing so, and
// finds out when it looks.
func (d *deadline) pass() { d.passed.Store(true) }

// tell lets it pass and tells those who wait.
func (d *deadline) tell() {
	d.pass()
	close(d.done)
}

func (d *deadline) Done() <-chan struct{} { return d.done }

func (d *deadline) Err() error {
	if d.passed.Load() {
		return context.DeadlineExceeded
	}
	return nil
}

// first makes a fault for the first request of a method only.
func first(method string, f clienttest.Fault) func(clienttest.Request) clienttest.Fault {
	return func(r clienttest.Request) clienttest.Fault {
		if r.Method == method && r.N == 0 {
			return f
		}
		return clienttest.Fault{}
	}
}

// asked counts a node's requests of a method.
func asked(n *clienttest.Node, method string) int {
	count := 0
	for _, r := range n.Requests() {
		if r.Method == method {
			count++
		}
	}
	return count
}

var busy = wire.Errorf(wire.CodeBusy, "too much to do")
