package testcluster_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"pikv/client"
	"pikv/testcluster"
	"pikv/wire"
)

const (
	cacheMemory = 8 << 20 // of each worker
	cacheValue  = 4 << 10
	cacheHot    = 40 // keys that are read again and again
)

func coldKey(i int) string { return fmt.Sprintf("cold-%d", i) }
func hotKey(i int) string  { return fmt.Sprintf("hot-%d", i) }

// overfill writes keys from first on, several times as much as there is room for,
// while the hot ones are read and no worker may take more memory than it has.
func overfill(t *testing.T, cl *client.Client, first, keys int) {
	t.Helper()
	value := make([]byte, cacheValue)
	var group errgroup.Group
	const writers = 8
	for w := range writers {
		group.Go(func() error {
			for i := first + w; i < first+keys; i += writers {
				if _, err := cl.Put(t.Context(), coldKey(i), value); err != nil {
					return fmt.Errorf("put %d: %w", i, err)
				}
				if _, err := cl.Get(t.Context(), hotKey(rand.IntN(cacheHot))); err != nil && !errors.Is(err, client.ErrNotFound) {
					return err
				}
				if i%100 == 0 {
					if err := withinMemory(t, cl); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
}

// withinMemory checks that no worker has more than its limit.
func withinMemory(t *testing.T, cl *client.Client) error {
	members, err := cl.Members(t.Context())
	for _, m := range members {
		if m.Role == "worker" && m.Used > cacheMemory {
			return fmt.Errorf("%s has %d bytes of %d", m.Name, m.Used, cacheMemory)
		}
	}
	return err
}

// there returns which keys are still there.
func there(t *testing.T, cl *client.Client, key func(int) string, from, to int) (list []int) {
	t.Helper()
	const atOnce = 256
	for ; from < to; from += atOnce {
		var keys []string
		for i := from; i < min(from+atOnce, to); i++ {
			keys = append(keys, key(i))
		}
		got, err := cl.MGet(t.Context(), keys)
		require.NoError(t, err)
		for i := range got {
			require.NoError(t, got[i].Err)
			if got[i].Found {
				list = append(list, from+i)
			}
		}
	}
	return list
}

func TestWorkersThatEvictTakeMoreThanTheyHaveRoomFor(t *testing.T) {
	beside(t)
	for _, o := range []testcluster.Options{{Workers: 1, Replicas: 1}, {Workers: 3, Replicas: 2}, {Workers: 3, Replicas: 3}} {
		t.Run(fmt.Sprintf("%d workers, %d replicas", o.Workers, o.Replicas), func(t *testing.T) {
			beside(t)
			o.MaxMemory, o.Eviction = cacheMemory, "lru"
			c := testcluster.Start(t, o)
			cl := c.Client()
			for i := range cacheHot {
				_, err := cl.Put(t.Context(), hotKey(i), make([]byte, 100))
				require.NoError(t, err)
			}
			room := o.Workers * cacheMemory / o.Replicas / cacheValue
			overfill(t, cl, 0, 3*room)
			require.Greater(t, len(there(t, cl, hotKey, 0, cacheHot)), cacheHot*9/10, "hot keys stay")
			left := len(there(t, cl, coldKey, 0, 3*room))
			require.Greater(t, left, room*6/10, "most of the memory is of use")
			require.Less(t, left, room)
			require.Less(t, len(there(t, cl, coldKey, 0, room)), left/4, "what goes is what was not used for longest")
			status, err := cl.Status(t.Context())
			require.NoError(t, err)
			for _, m := range status.Members {
				if m.Role == "worker" {
					require.Equal(t, "lru", m.Eviction)
					require.Positive(t, m.Evicted)
				}
			}
		})
	}
}

// Full workers take over from one that dies: writes go on, what was evicted stays
// gone, and the copies are made again.
func TestWhatWasEvictedStaysGoneThroughAFailover(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 3, MaxMemory: cacheMemory, Eviction: "lru"})
	cl := c.Client()
	room := 3 * cacheMemory / 2 / cacheValue
	overfill(t, cl, 0, 2*room)
	gone := make(map[int]bool)
	for i := range 2 * room {
		gone[i] = true
	}
	for _, i := range there(t, cl, coldKey, 0, 2*room) {
		delete(gone, i)
	}
	c.Kill("w2")
	for _, i := range there(t, cl, coldKey, 0, 2*room) {
		require.False(t, gone[i], "key %d was evicted", i)
	}
	overfill(t, cl, 2*room, room)
	c.WaitSettled()
	for _, i := range there(t, cl, coldKey, 0, 2*room) {
		require.False(t, gone[i], "key %d was evicted", i)
	}
	require.NoError(t, withinMemory(t, cl))
}

// A large value makes room for itself; one that can never fit is refused.
func TestLargeValuesEvictManyKeys(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 2, MaxMemory: cacheMemory, Eviction: "lru"})
	cl := c.Client()
	overfill(t, cl, 0, 2*cacheMemory/cacheValue)
	for i := range 10 {
		_, err := cl.Put(t.Context(), fmt.Sprint("large-", i), make([]byte, 1<<20))
		require.NoError(t, err)
	}
	_, err := cl.Put(t.Context(), "too large", make([]byte, cacheMemory))
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeOutOfMemory})
	require.ErrorContains(t, err, "evicted")
}
