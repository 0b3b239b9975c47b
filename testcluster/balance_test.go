package testcluster_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/checked"
	"pikv/client"
	"pikv/placement"
	"pikv/testcluster"
	"pikv/wire"
)

// One worker has most of the requests. Its primaries go to backups that are in sync: no copy moves, no
// request fails, none is slow as it is when somebody has died, and every key is what was acknowledged last.
func TestNetnsHotPrimariesAreSwapped(t *testing.T) {
	t.Parallel()
	c := testcluster.Start(t, testcluster.Options{Mode: testcluster.Namespaces, Workers: 3, Replicas: 2})
	cl := c.Client()
	before, err := cl.View(t.Context())
	require.NoError(t, err)
	load := checked.New(cl, checked.Options{
		Keys: 1000, Names: mostlyOf(t, cl, "w1", 1000), ValueSize: 200, Writers: 32, Rate: 800, ReadShare: 0.5, Seed: 1,
	})
	require.NoError(t, load.Fill(t.Context()))
	load.Phase("all")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		load.Run(ctx)
	}()
	stop := func() { cancel(); <-done }
	t.Cleanup(stop)

	ratio := 0.0 // of the busiest worker to the mean
	look := func(ctx context.Context) (status wire.StatusReply, err error) {
		if status, err = cl.Status(ctx); err != nil {
			return status, err
		}
		require.Zero(t, status.MoveTotal, "bytes move")
		require.Zero(t, status.Degraded)
		most, all := 0.0, 0.0
		for _, m := range status.Members {
			most, all = max(most, m.Load.Requests()), all+m.Load.Requests()
		}
		ratio = most * 3 / max(all, 1)
		return status, nil
	}
	c.Eventually("wait until w1 is hot", func(ctx context.Context) error {
		if _, err := look(ctx); err != nil || ratio > 2 {
			return err
		}
		return fmt.Errorf("the busiest worker has %.2f times the mean", ratio)
	})
	c.Eventually("wait until primaries are swapped", func(ctx context.Context) error {
		switch status, err := look(ctx); {
		case err != nil:
			return err
		case status.Scaling.Leads == 0:
			return errors.New("nobody leads but whom the ring wants")
		case ratio > placement.SwapAbove:
			return fmt.Errorf("the busiest worker has %.2f times the mean", ratio)
		}
		return nil
	})
	stop()
	require.NoError(t, load.Verify(t.Context()))
	failed, wrong, texts := load.Problems()
	require.Zero(t, failed+wrong, texts)
	all := load.Phase("")
	require.Positive(t, all.Latency.TotalCount())
	t.Logf("%d requests, the slowest took %v", all.Latency.TotalCount(), all.At(100))
	require.Less(t, all.At(100), userWaits)

	after, err := cl.View(t.Context())
	require.NoError(t, err)
	swapped := 0
	for p := range after.Partitions {
		require.ElementsMatch(t, before.Partitions[p].InSync, after.Partitions[p].InSync, "partition %d has other copies", p)
		if before.Partitions[p].Primary != after.Partitions[p].Primary {
			swapped++
		}
	}
	require.Positive(t, swapped)
	events, err := cl.Events(t.Context(), 0, 0)
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(events, func(e wire.Event) bool {
		return e.Kind == "balance" && strings.HasPrefix(e.Text, "w1 has ") && strings.Contains(e.Text, "no byte moves")
	}), "%+v", events)
}

// mostlyOf returns names of keys, nine of ten of which the worker owns now.
func mostlyOf(t *testing.T, cl *client.Client, owner string, n int) (names []string) {
	t.Helper()
	others := n / 10
	for i := 0; len(names) < n; i++ {
		name := fmt.Sprintf("key-%d", i)
		at, err := cl.Locate(t.Context(), name)
		require.NoError(t, err)
		if at.Node != owner {
			if others == 0 {
				continue
			}
			others--
		}
		names = append(names, name)
	}
	return names
}
