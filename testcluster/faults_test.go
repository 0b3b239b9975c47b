package testcluster_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/placement"
	"pikv/testcluster"
	"pikv/wire"
)

// The scenarios below need hosts and processes.

func TestNetnsAnIsolatedMasterDisturbsNobody(t *testing.T) {
	t.Parallel()
	c := testcluster.Start(t, testcluster.Options{Mode: testcluster.Namespaces, Workers: 2})
	cl := c.Client()
	putAll(t, cl)
	finish := record(t, c)
	moved := func() (during, after placement.Epoch) {
		before := epochOf(t, cl)
		c.Isolate(testcluster.MasterName)
		c.Eventually("wait until the workers have given the master up", func(ctx context.Context) error {
			members, err := cl.Members(ctx)
			if err == nil && len(members) != 2 {
				err = fmt.Errorf("they see %v", members)
			}
			return err
		})
		checkAll(t, cl)
		during = epochOf(t, cl)
		c.Heal()
		c.WaitSettled() // memberlist by itself would never meet the others again
		return during - before, epochOf(t, cl) - during
	}
	// The others go on as they were, and so does the master, which saw them all die. Only
	// a worker that does not get the processor for a second is missed, and rightly so: such
	// a thing does not happen each time.
	for round := 1; ; round++ {
		during, after := moved()
		if during == 0 && after == 0 {
			break
		}
		t.Logf("round %d: the view moved by %d without the master and by %d when it was back", round, during, after)
		require.Less(t, round, 3, "the view moves whenever the master is away")
	}
	whole(t, finish)
	checkAll(t, cl)
}

// epochOf returns the view's epoch, as the nodes that the client reaches know it.
func epochOf(t *testing.T, cl *client.Client) placement.Epoch {
	t.Helper()
	view, err := cl.View(t.Context())
	require.NoError(t, err)
	return view.Epoch
}

// Whoever does not reach the master asks it through another.
func TestNetnsARequestToTheRegisterTakesAnotherWay(t *testing.T) {
	t.Parallel()
	c := testcluster.Start(t, testcluster.Options{Mode: testcluster.Namespaces, Workers: 3})
	cl := c.Client()
	putAll(t, cl)
	finish := record(t, c)
	c.Cut("w1", testcluster.MasterName)
	c.Cut(testcluster.MasterName, "w1")
	c.Kill("w2")
	for i := range keys {
		_, err := cl.Put(t.Context(), key(i), []byte(value(i)))
		require.NoError(t, err)
	}
	c.Heal()
	c.WaitSettled()
	whole(t, finish)
	checkAll(t, cl)
}

func TestNetnsAWorkerThatOneWayCannotBeHeardByTheMasterServesOn(t *testing.T) {
	t.Parallel()
	c := testcluster.Start(t, testcluster.Options{Mode: testcluster.Namespaces, Workers: 3})
	cl := c.Client()
	putAll(t, cl)
	stop := load(t, c)
	c.Cut("w1", testcluster.MasterName)
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); { // longer than any timeout of the protocol
		checkAll(t, cl)
	}
	c.Heal()
	c.WaitSettled()
	require.Positive(t, stop())
	checkAll(t, cl)
}

// A paused worker is replaced; when it goes on, what waited in it is not answered
// with what was true before.
func TestNetnsAPausedWorkerNeverServesAStaleRead(t *testing.T) {
	t.Parallel()
	c := testcluster.Start(t, testcluster.Options{Mode: testcluster.Namespaces, Workers: 3})
	cl := c.Client()
	putAll(t, cl)
	finish := record(t, c)
	owner := make(map[int]bool)
	for i := range keys {
		at, err := cl.Locate(t.Context(), key(i))
		require.NoError(t, err)
		owner[i] = at.Node == "w1"
	}
	late := strangerAt(t, c, "w1")

	c.Pause("w1")
	paused := time.Now()
	reading, cancel := context.WithTimeout(t.Context(), 30*time.Second) // it may also not answer at all
	defer cancel()
	var reads sync.WaitGroup
	type answer struct {
		value string
		err   error
	}
	answers := make(chan answer, keys)
	for i := range keys {
		if !owner[i] {
			continue
		}
		_, err := cl.Put(t.Context(), key(i), []byte("new"))
		require.NoError(t, err, "another serves it")
		reads.Go(func() {
			got, err := late.Get(reading, key(i))
			answers <- answer{string(got), err}
		})
	}
	pass(t, time.Until(paused.Add(10*time.Second)))
	c.Resume("w1")
	reads.Wait()
	close(answers)
	values, redirects, errs := 0, 0, make(map[string]int)
	for a := range answers {
		require.NotErrorIs(t, a.err, client.ErrNotFound, "the key was written before it was read")
		switch {
		case a.err == nil:
			require.Equal(t, "new", a.value)
			values++
		case errors.Is(a.err, &wire.Error{Code: wire.CodeMoved}):
			redirects++
		default: // it need not answer all
			errs[a.err.Error()]++
		}
	}
	t.Logf("%d values, %d redirects, errors: %v", values, redirects, errs)
	require.Positive(t, values+redirects, "it answered none of what waited in it: %v", errs)
	c.WaitSettled()
	whole(t, finish)
}

// A write whose answer does not reach the client is sent again, and takes effect once.
func TestNetnsAWriteWhoseAnswerIsLostTakesEffectOnce(t *testing.T) {
	t.Parallel()
	c := testcluster.Start(t, testcluster.Options{Mode: testcluster.Namespaces, Workers: 3})
	finish := record(t, c)
	for _, name := range []string{"w1", "w2", "w3"} {
		c.Cut(name, testcluster.ClientHost)
		pass(t, 3*time.Second) // longer than a client's patience with one worker
		c.Mend(name, testcluster.ClientHost)
		pass(t, time.Second)
	}
	whole(t, finish)
}

// A pulled cable, or one of which a pair is broken: others take over what the
// worker held, and it comes back.
func TestNetnsAnIsolatedWorkerIsReplaced(t *testing.T) {
	t.Parallel()
	c := testcluster.Start(t, testcluster.Options{Mode: testcluster.Namespaces, Workers: 3})
	cl := c.Client()
	putAll(t, cl)
	finish := record(t, c)
	for _, cut := range []func(name string){c.Isolate, c.Mute, c.Deafen} {
		cut("w1")
		for i := range keys {
			_, err := cl.Put(t.Context(), key(i), []byte(value(i)))
			require.NoError(t, err)
		}
		c.Heal()
		c.WaitSettled()
	}
	whole(t, finish)
	checkAll(t, cl)
}

// On a bad network no operation fails, and what was taken for dead by mistake
// is in sync again although the network stays as it is.
func TestNetnsALossyNetworkServesAndStaysInSync(t *testing.T) {
	t.Parallel()
	c := testcluster.Start(t, testcluster.Options{Mode: testcluster.Namespaces, Workers: 3})
	cl := c.Client()
	putAll(t, cl)
	finish := record(t, c)
	c.Lose(50)
	pass(t, 10*time.Second)
	c.WaitSynced()
	c.Lose(0)
	c.WaitSettled()
	whole(t, finish)
	checkAll(t, cl)
}

// pass lets a time pass in which nothing is waited for but the load.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-t.Context().Done():
	case <-time.After(d):
	}
}

func TestNetnsMovesGoOnOverASlowLink(t *testing.T) {
	t.Parallel()
	c := testcluster.Start(t, testcluster.Options{Mode: testcluster.Namespaces, Workers: 1})
	cl := c.Client()
	c.Limit("w1", "100mbit")
	putAll(t, cl)
	large := make([]byte, 1<<20)
	for i := range 16 {
		_, err := cl.Put(t.Context(), fmt.Sprintf("large-%d", i), large)
		require.NoError(t, err)
	}
	c.AddWorker()
	c.Limit("w2", "100mbit")
	stop := load(t, c)
	c.WaitSettled()
	require.Positive(t, stop())
	checkAll(t, cl)
	for i := range 16 {
		got, err := cl.Get(t.Context(), fmt.Sprintf("large-%d", i))
		require.NoError(t, err)
		require.Len(t, got, len(large))
	}
}
