package testcluster_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/placement"
	"pikv/testcluster"
)

func TestDeathsInProcess(t *testing.T) { beside(t); deaths(t, testcluster.InProcess) }
func TestDeathsNetns(t *testing.T)     { t.Parallel(); deaths(t, testcluster.Namespaces) }

// deaths: promises 1 and 2. Two workers are killed one after the other, each
// time when all is in sync, and one comes back under its name: no call fails and
// nothing is lost, and what is sent again takes effect once.
func deaths(t *testing.T, mode testcluster.Mode) {
	c := testcluster.Start(t, testcluster.Options{Mode: mode, Workers: 4})
	cl := c.Client()
	putAll(t, cl)
	finish := record(t, c)
	c.Kill("w2")
	c.WaitSynced()
	c.Kill("w3")
	c.WaitSynced()
	c.Restart("w2")
	c.WaitSettled()
	whole(t, finish)
	checkAll(t, cl)
}

// A worker that comes back before anybody has missed it holds nothing, and
// nothing counts on it.
func TestARestartedWorkerIsAnother(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 3})
	cl := c.Client()
	putAll(t, cl)
	finish := record(t, c)
	for range 3 {
		c.Kill("w1")
		c.Restart("w1")
		c.WaitSettled()
	}
	whole(t, finish)
	checkAll(t, cl)
}

// replicasOf returns the names of each partition's in-sync replicas.
func replicasOf(t *testing.T, cl *client.Client) [][]string {
	t.Helper()
	view, err := cl.View(t.Context())
	require.NoError(t, err)
	names := make([][]string, len(view.Partitions))
	for p, conf := range view.Partitions {
		for _, inc := range conf.InSync {
			n, ok := view.Node(inc)
			require.True(t, ok)
			names[p] = append(names[p], n.Name)
		}
		slices.Sort(names[p])
	}
	return names
}

// byLoss splits the keys of putAll: those of which every replica is on one of the
// nodes, and the others.
func byLoss(t *testing.T, cl *client.Client, nodes ...string) (lost, kept []int) {
	t.Helper()
	replicas := replicasOf(t, cl)
	for i := range keys {
		on := replicas[placement.PartitionOf([]byte(key(i)), len(replicas))]
		if slices.ContainsFunc(on, func(name string) bool { return !slices.Contains(nodes, name) }) {
			kept = append(kept, i)
		} else {
			lost = append(lost, i)
		}
	}
	require.NotEmpty(t, lost)
	require.NotEmpty(t, kept)
	return lost, kept
}

// Loss is never silent: when both replicas are gone their keys are unavailable,
// the status says so, and they are given up only by whoever asks for that.
func TestBothReplicasLost(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 3, OnLoss: "wait"})
	cl := c.Client()
	putAll(t, cl)
	lost, kept := byLoss(t, cl, "w1", "w2")
	gone := func() {
		t.Helper()
		_, err := cl.Get(impatient(t, 3*time.Second), key(lost[0]))
		require.ErrorIs(t, err, client.ErrUnavailable)
		for _, i := range kept {
			got, err := cl.Get(t.Context(), key(i))
			require.NoError(t, err)
			require.Equal(t, value(i), string(got))
		}
	}
	problems := func(state string) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			status, err := cl.Status(ctx)
			if err != nil {
				return err
			}
			for _, p := range status.Problems {
				if p.State == state {
					return nil
				}
			}
			return fmt.Errorf("no partition is called %s: %+v", state, status)
		}
	}
	c.Kill("w1")
	c.Kill("w2")
	c.Eventually("wait until the loss shows", problems("waiting"))
	gone()
	c.Restart("w1")
	c.Restart("w2")
	c.Eventually("wait until it is known to be for good", problems("lost"))
	gone()
	c.WaitSettled()
	gone()
	status := c.Status()
	require.Positive(t, status.Lost)

	_, err := cl.ResetPartitions(t.Context(), []uint16{uint16(placement.PartitionOf([]byte(key(kept[0])), status.Partitions))}, false)
	require.Error(t, err, "a partition that is not lost is not reset")
	reset, err := cl.ResetPartitions(t.Context(), nil, true)
	require.NoError(t, err)
	require.Len(t, reset, status.Lost)
	c.WaitSettled()
	require.Zero(t, c.Status().Lost)
	for _, i := range lost {
		_, err := cl.Get(t.Context(), key(i))
		require.ErrorIs(t, err, client.ErrNotFound)
	}
	putAll(t, cl)
	checkAll(t, cl)
}

// A cache prefers to be empty rather than to wait.
func TestALostPartitionIsResetByItself(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 3, OnLoss: "reset"})
	cl := c.Client()
	putAll(t, cl)
	lost, kept := byLoss(t, cl, "w1", "w2")
	c.Kill("w1")
	c.Kill("w2")
	c.Restart("w1")
	c.Restart("w2")
	c.Eventually("wait until what was lost is empty", func(ctx context.Context) error {
		_, err := cl.Get(ctx, key(lost[0]))
		if errors.Is(err, client.ErrNotFound) {
			return nil
		}
		return fmt.Errorf("the key answers: %w", err)
	})
	c.WaitSettled()
	for _, i := range kept {
		got, err := cl.Get(t.Context(), key(i))
		require.NoError(t, err)
		require.Equal(t, value(i), string(got))
	}
}

// A worker that dies while the master is away is missed until that is back;
// what needs it waits, and everything else is served.
func TestAWorkerDiesWhileTheMasterIsAway(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 3})
	cl := c.Client()
	putAll(t, cl)
	replicas := replicasOf(t, cl)
	touched := func(i int) bool {
		return slices.Contains(replicas[placement.PartitionOf([]byte(key(i)), len(replicas))], "w2")
	}
	c.Kill(testcluster.MasterName)
	c.Kill("w2")
	waits := 0
	for i := range keys {
		if touched(i) {
			if waits++; waits > 1 {
				continue // each waits
			}
			_, err := cl.Put(impatient(t, 2*time.Second), key(i), []byte(value(i)))
			require.Error(t, err)
			continue
		}
		got, err := cl.Get(t.Context(), key(i))
		require.NoError(t, err, key(i))
		require.Equal(t, value(i), string(got))
	}
	require.Positive(t, waits)
	finish := record(t, c)
	c.Restart(testcluster.MasterName)
	c.WaitSettled()
	whole(t, finish)
	checkAll(t, cl)
}

func TestTheNumberOfReplicasChangesLive(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 3, Replicas: 1})
	cl := c.Client()
	putAll(t, cl)
	finish := record(t, c)
	was := 1
	for _, n := range []int{2, 3, 2} {
		before, err := cl.SetReplicas(t.Context(), n)
		require.NoError(t, err)
		require.Equal(t, was, before)
		was = n
		c.WaitSettled()
		require.Equal(t, n, c.Status().Replicas)
		for p, names := range replicasOf(t, cl) {
			require.Len(t, names, n, "partition %d", p)
		}
	}
	asked, err := cl.SetReplicas(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, was, asked, "0 only asks")
	_, err = cl.SetReplicas(t.Context(), -1)
	require.Error(t, err)
	_, err = cl.SetReplicas(t.Context(), placement.MaxReplicas+1)
	require.Error(t, err)
	whole(t, finish)
	checkAll(t, cl)

	c.Kill(testcluster.MasterName)
	c.Restart(testcluster.MasterName)
	c.WaitSettled()
	require.Equal(t, 2, c.Status().Replicas, "not what the master was first started with")
}

// More replicas than workers: it runs with fewer, and says so.
func TestMoreReplicasThanWorkers(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 2, Replicas: 3})
	cl := c.Client()
	putAll(t, cl)
	checkAll(t, cl)
	require.Equal(t, 3, c.Status().Replicas)
	c.Eventually("wait until all are said to be degraded", func(context.Context) error { // workers report a little later that they wait no more
		if s := c.Status(); s.Degraded != s.Partitions || s.Synced != 0 || len(s.Problems) == 0 {
			return fmt.Errorf("%d of %d partitions degraded, %d synced, problems: %v", s.Degraded, s.Partitions, s.Synced, s.Problems)
		}
		return nil
	})
	c.AddWorker()
	c.WaitSettled()
	c.Eventually("wait until status says so", func(context.Context) error { // workers report a little later what is over
		if s := c.Status(); s.Synced != s.Partitions {
			return fmt.Errorf("%d of %d partitions synced", s.Synced, s.Partitions)
		}
		return nil
	})
	checkAll(t, cl)
}

// A worker that is told to stop does, though nobody can take its replicas.
func TestStopWhereNobodyCanTakeOver(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 2})
	cl := c.Client()
	putAll(t, cl)
	finish := record(t, c)
	c.Stop("w1")
	checkAll(t, cl)
	c.Restart("w1")
	c.WaitSettled()
	whole(t, finish)
	checkAll(t, cl)
}
