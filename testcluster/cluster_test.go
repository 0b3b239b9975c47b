package testcluster_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/testcluster"
	"pikv/testcluster/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// The scenarios below run in both modes.

func TestScalingInProcess(t *testing.T)       { beside(t); scaling(t, testcluster.InProcess) }
func TestScalingNetns(t *testing.T)           { t.Parallel(); scaling(t, testcluster.Namespaces) }
func TestLostWorkerInProcess(t *testing.T)    { beside(t); lostWorker(t, testcluster.InProcess) }
func TestLostWorkerNetns(t *testing.T)        { t.Parallel(); lostWorker(t, testcluster.Namespaces) }
func TestMasterRestartInProcess(t *testing.T) { beside(t); masterRestart(t, testcluster.InProcess) }
func TestMasterRestartNetns(t *testing.T)     { t.Parallel(); masterRestart(t, testcluster.Namespaces) }

// keys are enough to lie in every partition of these clusters.
const keys = 500

// key and value of a number.
func key(i int) string   { return fmt.Sprintf("key-%d", i) }
func value(i int) string { return fmt.Sprintf("value-%d", i) }

// putAll stores all keys.
func putAll(t *testing.T, cl *client.Client) {
	t.Helper()
	pairs := make([]client.Pair, keys)
	for i := range pairs {
		pairs[i] = client.Pair{Key: key(i), Value: []byte(value(i))}
	}
	results, err := cl.MPut(t.Context(), pairs)
	require.NoError(t, err)
	for i, r := range results {
		require.NoError(t, r.Err, key(i))
	}
}

// checkAll reads all keys, each with a call of its own, and compares.
func checkAll(t *testing.T, cl *client.Client) {
	t.Helper()
	for i := range keys {
		got, err := cl.Get(t.Context(), key(i))
		require.NoError(t, err, key(i))
		require.Equal(t, value(i), string(got))
	}
}

// scaling: promise 5. A worker joins, another drains, a third stops, under
// load; no call fails and no value is lost.
func scaling(t *testing.T, mode testcluster.Mode) {
	c := testcluster.Start(t, testcluster.Options{Mode: mode, Workers: 2})
	cl := c.Client()
	putAll(t, cl)
	stop := load(t, c)

	added := c.AddWorker()
	c.WaitSettled()
	c.Drain("w1")
	c.WaitSettled()
	for _, m := range c.Status().Members {
		if m.Name == "w1" {
			require.Zero(t, m.Replicas)
			require.Equal(t, "draining", m.State)
		}
	}
	c.Stop("w1")
	c.Stop("w2")
	c.WaitSettled()

	require.Positive(t, stop())
	checkAll(t, cl)
	at, err := cl.Locate(t.Context(), key(0))
	require.NoError(t, err)
	require.Equal(t, added.Name, at.Node, "the only one that is left")
}

// impatient is a context for a call that must fail, and waits until then.
func impatient(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// load writes and reads keys of its own until the function that it returns is
// called, which returns the number of calls. A call that fails or answers
// wrongly fails the test; how long one may take is measured elsewhere.
func load(t *testing.T, c *testcluster.Cluster) (stop func() int64) {
	t.Helper()
	cl := c.Client(client.WithTimeout(c.Patience()))
	ctx, cancel := context.WithCancel(context.Background())
	var calls atomic.Int64
	var failed atomic.Pointer[error]
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ctx.Err() == nil; i++ {
			err := writeAndRead(ctx, cl, fmt.Sprintf("load-%d", i%keys), fmt.Sprint(i))
			if err != nil && ctx.Err() == nil {
				failed.Store(&err)
				return
			}
			calls.Add(2)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return func() int64 {
		cancel()
		<-done
		if err := failed.Load(); err != nil {
			t.Fatalf("under load, after %d calls: %v", calls.Load(), *err)
		}
		return calls.Load()
	}
}

// writeAndRead puts a value and gets it back.
func writeAndRead(ctx context.Context, cl *client.Client, key, value string) error {
	if _, err := cl.Put(ctx, key, []byte(value)); err != nil {
		return err
	}
	got, err := cl.Get(ctx, key)
	if err == nil && string(got) != value {
		err = fmt.Errorf("%s is %q, and %q was acknowledged", key, got, value)
	}
	return err
}

// lostWorker: promise 1. With one replica a lost worker's keys are unavailable,
// never silently empty, also when a worker of that name comes back with
// nothing; the others' keys are served all the time.
func lostWorker(t *testing.T, mode testcluster.Mode) {
	c := testcluster.Start(t, testcluster.Options{Mode: mode, Workers: 3, Replicas: 1})
	cl := c.Client()
	putAll(t, cl)
	lost := make(map[int]bool)
	for i := range keys {
		at, err := cl.Locate(t.Context(), key(i))
		require.NoError(t, err)
		lost[i] = at.Node == "w2"
	}
	check := func() {
		t.Helper()
		seen := false
		for i := range keys {
			if lost[i] && seen {
				continue // each waits
			}
			if lost[i] {
				seen = true
				_, err := cl.Get(impatient(t, time.Second), key(i))
				require.ErrorIs(t, err, client.ErrUnavailable, key(i))
				continue
			}
			got, err := cl.Get(t.Context(), key(i))
			require.NoError(t, err, key(i))
			require.Equal(t, value(i), string(got))
		}
		require.True(t, seen, "w2 owned none of the keys")
	}
	c.Kill("w2")
	check()
	c.WaitSettled()
	check()
	c.Restart("w2")
	c.WaitSettled()
	check()
	require.Positive(t, c.Status().Lost+c.Status().Waiting)
}

// masterRestart: when the master is away reads, writes and direct routing go
// on; it resumes with the view that it had, and can change it again.
func masterRestart(t *testing.T, mode testcluster.Mode) {
	c := testcluster.Start(t, testcluster.Options{Mode: mode, Workers: 2})
	cl := c.Client()
	putAll(t, cl)
	before := c.Status()

	c.Kill(testcluster.MasterName)
	checkAll(t, cl)
	checkAll(t, c.Client()) // one that has never met the master
	_, err := cl.Put(t.Context(), "written", []byte("without a master"))
	require.NoError(t, err)

	c.Restart(testcluster.MasterName)
	c.WaitSettled()
	after := c.Status()
	require.Equal(t, before.MasterID, after.MasterID)
	require.GreaterOrEqual(t, after.Epoch, before.Epoch)

	c.AddWorker()
	c.WaitSettled()
	checkAll(t, cl)
	got, err := cl.Get(t.Context(), "written")
	require.NoError(t, err)
	require.Equal(t, "without a master", string(got))
}
