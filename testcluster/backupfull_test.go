package testcluster_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/placement"
	"pikv/testcluster"
)

// ledBy returns keys of partitions that a worker is primary of.
func ledBy(t *testing.T, cl *client.Client, name string, n int) (list []string) {
	t.Helper()
	view, err := cl.View(t.Context())
	require.NoError(t, err)
	for i := 0; len(list) < n; i++ {
		p := placement.PartitionOf([]byte(key(i)), len(view.Partitions))
		if node, ok := view.Node(view.Partitions[p].Primary); ok && node.Name == name {
			list = append(list, key(i))
		}
	}
	return list
}

// rule 7: what a backup has no room for is refused and applied nowhere, though its
// primary has plenty, and the backup is not dropped for that.
func TestAFullBackupRefusesTheWrite(t *testing.T) {
	beside(t)
	const small = 4 << 20
	c := testcluster.Start(t, testcluster.Options{Workers: 1})
	c.AddWorker(testcluster.WithMaxMemory(small))
	c.WaitSettled()
	cl := c.Client()
	require.Eventually(t, func() bool { return len(ledBy(t, cl, "w1", 1)) == 1 }, time.Minute, 20*time.Millisecond)
	keys := ledBy(t, cl, "w1", 200)
	before, err := cl.View(t.Context())
	require.NoError(t, err)
	for p, conf := range before.Partitions {
		require.Len(t, conf.InSync, 2, "partition %d", p)
	}

	// Until nothing was taken for several grants: a primary holds what was not
	// granted yet for taken.
	value := make([]byte, 64<<10)
	versions := make(map[string]uint64)
	stored := 0
	for last := time.Now(); time.Since(last) < 2*time.Second && stored < len(keys); {
		version, err := cl.Put(t.Context(), keys[stored], value)
		if err != nil {
			require.ErrorIs(t, err, client.ErrOutOfMemory)
			continue
		}
		versions[keys[stored]] = version
		stored++
		last = time.Now()
	}
	require.Less(t, stored, len(keys)-5, "the backup is full")
	require.LessOrEqual(t, stored, small/len(value)+2, "but for what was on its way when it said how much room it has")
	require.Greater(t, stored, small/len(value)/2, "most of its memory is usable")
	refused := keys[stored : stored+5]
	large := make([]byte, 2*small)
	for begin := time.Now(); time.Since(begin) < 3*time.Second; { // for longer than any silence
		for _, k := range refused {
			_, err := cl.Put(t.Context(), k, value)
			require.ErrorIs(t, err, client.ErrOutOfMemory)
		}
		_, err := cl.Put(t.Context(), keys[0], large)
		require.ErrorIs(t, err, client.ErrOutOfMemory)
	}

	unchanged := func() {
		t.Helper()
		for k, version := range versions {
			got, v, err := cl.GetVersion(t.Context(), k)
			require.NoError(t, err)
			require.Len(t, got, len(value))
			require.Equal(t, version, v)
		}
		for _, k := range refused {
			_, err := cl.Get(t.Context(), k)
			require.ErrorIs(t, err, client.ErrNotFound)
		}
	}
	unchanged() // at the primary
	after, err := cl.View(t.Context())
	require.NoError(t, err)
	require.Equal(t, before.Partitions, after.Partitions, "nobody was dropped")
	c.Kill("w1")
	c.Eventually("w2 leads everything", func(ctx context.Context) error {
		view, err := cl.View(ctx)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(view.Partitions, func(p placement.Partition) bool { return len(p.InSync) != 1 }) {
			return fmt.Errorf("not yet: %v", view.Partitions)
		}
		_, err = cl.Get(ctx, keys[0])
		return err
	})
	unchanged() // at what was the backup
}
