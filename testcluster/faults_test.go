package testcluster_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/rpcclient"
	"pikv/testcluster"
	"pikv/wire"
)

// The scenarios below need hosts and processes.

func TestNetnsAnIsolatedMasterDisturbsNobody(t *testing.T) {
	c := testcluster.Start(t, testcluster.Options{Mode: testcluster.Namespaces, Workers: 2})
	cl := c.Client()
	putAll(t, cl)
	epoch := c.Status().Epoch
	stop := load(t, cl)
	c.Isolate(testcluster.MasterName)
	c.Eventually("wait until the workers have given the master up", func(ctx context.Context) error {
		members, err := cl.Members(ctx)
		if err == nil && len(members) != 2 {
			err = fmt.Errorf("they see %v", members)
		}
		return err
	})
	checkAll(t, cl)
	c.Heal()
	c.WaitSettled() // memberlist by itself would never meet the others again
	require.Positive(t, stop())
	require.GreaterOrEqual(t, c.Status().Epoch, epoch)
	checkAll(t, cl)
}

func TestNetnsAWorkerThatOneWayCannotBeHeardByTheMasterServesOn(t *testing.T) {
	c := testcluster.Start(t, testcluster.Options{Mode: testcluster.Namespaces, Workers: 3})
	cl := c.Client()
	putAll(t, cl)
	stop := load(t, cl)
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
	conn, err := rpcclient.Dial(t.Context(), c.Node("w1").RPC, rpcclient.Config{Dialer: c.Dialer(), Limits: wire.DefaultLimits()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	late := stranger{conn}

	c.Pause("w1")
	reading, cancel := context.WithTimeout(t.Context(), 20*time.Second) // it may also not answer at all
	defer cancel()
	var reads sync.WaitGroup
	answers := make(chan string, keys)
	for i := range keys {
		if !owner[i] {
			continue
		}
		_, err := cl.Put(t.Context(), key(i), []byte("new"))
		require.NoError(t, err, "another serves it")
		reads.Go(func() {
			if got, err := late.Get(reading, key(i)); err == nil {
				answers <- string(got)
			}
		})
	}
	c.Resume("w1")
	reads.Wait()
	close(answers)
	for got := range answers {
		require.Equal(t, "new", got)
	}
	c.WaitSettled()
	whole(t, finish)
}

// A write whose answer does not reach the client is sent again, and takes effect once.
func TestNetnsAWriteWhoseAnswerIsLostTakesEffectOnce(t *testing.T) {
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

// A pulled cable: others take over what the worker held, and it comes back.
func TestNetnsAnIsolatedWorkerIsReplaced(t *testing.T) {
	c := testcluster.Start(t, testcluster.Options{Mode: testcluster.Namespaces, Workers: 3})
	cl := c.Client()
	putAll(t, cl)
	finish := record(t, c)
	c.Isolate("w1")
	for i := range keys {
		_, err := cl.Put(t.Context(), key(i), []byte(value(i)))
		require.NoError(t, err)
	}
	c.Heal()
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
	stop := load(t, cl)
	c.WaitSettled()
	require.Positive(t, stop())
	checkAll(t, cl)
	for i := range 16 {
		got, err := cl.Get(t.Context(), fmt.Sprintf("large-%d", i))
		require.NoError(t, err)
		require.Len(t, got, len(large))
	}
}
