package testcluster_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/testcluster"
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

func TestNetnsAPausedWorkerLosesNothing(t *testing.T) {
	c := testcluster.Start(t, testcluster.Options{Mode: testcluster.Namespaces, Workers: 2})
	cl := c.Client(client.WithTimeout(time.Second))
	putAll(t, cl)
	c.Pause("w1")
	failed := 0
	for i := 0; i < keys && failed == 0; i++ {
		if _, err := cl.Get(t.Context(), key(i)); err != nil {
			require.True(t, errors.Is(err, client.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded), err)
			failed++
		}
	}
	require.Positive(t, failed)
	c.Resume("w1")
	c.WaitSettled()
	checkAll(t, c.Client())
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
