package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/testcluster"
	"pikv/wire"
)

// printing is an output that can be read while a command writes it. Safe for
// concurrent use.
type printing struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (p *printing) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all.Write(b)
}

func (p *printing) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all.String()
}

// followed runs a command line until Ctrl-C, which end presses, and waits until it
// has printed what it begins with: the flag of --help is one for all of a process,
// so no two command lines may be read at once.
func followed(t *testing.T, begins string, args ...string) (out *printing, end func() (code int, errOut string)) {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	out = &printing{}
	var errOut bytes.Buffer
	done := make(chan int, 1)
	go func() { done <- run(ctx, env{stdout: out, stderr: &errOut}, args) }()
	end = sync.OnceValues(func() (int, string) {
		interrupt()
		return <-done, errOut.String()
	})
	t.Cleanup(func() { end() })
	out.prints(t, begins)
	return out, end
}

// prints waits until all that was printed has the text.
func (p *printing) prints(t *testing.T, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(p.String(), text) }, 30*time.Second, 10*time.Millisecond, "%q in %s", text, p)
}

// What was is told first, and then each thing that happens, once, until Ctrl-C.
func TestEventsAreFollowed(t *testing.T) {
	c, sh := realCluster(t, testcluster.Options{Workers: 2})
	require.Equal(t, "synced", synced(t, sh))
	require.Equal(t, exitDone, sh("weight w1 2").code)
	out, end := followed(t, "w1 has the weight 2", "events", "--follow")
	asJSON, endJSON := followed(t, "w1 has the weight 2", "events", "--follow", "--json")
	for _, o := range []*printing{out, asJSON} {
		require.NotContains(t, o.String(), "w2 has the weight 3")
	}
	require.Equal(t, exitDone, sh("weight w2 3").code)
	c.AddWorker(testcluster.AsSpare())
	for _, o := range []*printing{out, asJSON} {
		o.prints(t, "w3 has joined, spare")
	}
	// It waits for the master as long as that takes, and goes on.
	c.Stop(testcluster.MasterName)
	c.Restart(testcluster.MasterName)
	require.Equal(t, "synced", synced(t, sh))
	require.Equal(t, exitDone, sh("weight w2 4").code)
	for _, o := range []*printing{out, asJSON} {
		o.prints(t, "w2 has the weight 4")
	}
	code, errOut := end()
	require.Equal(t, exitDone, code, errOut)
	require.Empty(t, errOut)
	code, errOut = endJSON()
	require.Equal(t, exitDone, code, errOut)
	require.Empty(t, errOut)
	require.Equal(t, 1, strings.Count(out.String(), "w3 has joined, spare"), out)

	var numbers []uint64
	for line := range strings.Lines(asJSON.String()) {
		var ev wire.Event
		require.NoError(t, json.Unmarshal([]byte(line), &ev), line)
		numbers = append(numbers, ev.Number)
	}
	require.Equal(t, strings.Count(out.String(), "\n"), len(numbers), "one line each")
}
