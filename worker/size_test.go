package worker

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// What an empty partition costs a worker: its entry in the table with lock, engine and
// core, its line in the view, and what the worker keeps beside them, such as how far a
// backup is and what the register is asked when the other replica is gone; see replica's
// test for core and engine alone.
func TestAnEmptyPartitionIsSmall(t *testing.T) {
	const partitions, goal = 4096, 1 << 10
	for name, config := range map[string]func(me placement.Incarnation) placement.Partition{
		"a primary without backups": func(me placement.Incarnation) placement.Partition {
			return placement.Partition{Epoch: 5, Primary: me, InSync: []placement.Incarnation{me}}
		},
		"a primary with a backup": func(me placement.Incarnation) placement.Partition {
			return placement.Partition{Epoch: 5, Primary: me, InSync: sorted([]placement.Incarnation{me, 101})}
		},
		"a backup": func(me placement.Incarnation) placement.Partition {
			return placement.Partition{Epoch: 5, Primary: 101, InSync: sorted([]placement.Incarnation{me, 101})}
		},
		"none of it": func(placement.Incarnation) placement.Partition {
			return placement.Partition{Epoch: 5, Primary: 101, InSync: []placement.Incarnation{101}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTestWorker(t)
			v := withPeers(testView(t, w, 7), nowhere(t))
			v.Epoch, v.Partitions = 5, make([]placement.Partition, partitions)
			for i := range v.Partitions {
				v.Partitions[i] = config(w.incarnation)
			}
			reply := replyWith(v)
			v = nil
			before := heap()
			require.NoError(t, w.follower.adopt(reply))
			link := w.links.get(101)
			link.pair.SetGone()
			w.tickShared(link) // each asks the register, if it is not yet done
			var size int64
			require.EventuallyWithT(t, func(c *assert.CollectT) {
				// Nobody is there to take what waits, nor is a master; the link's
				// goroutines may just have taken some of it.
				link.urgent.drop()
				link.bulk.drop()
				w.changes.take()
				size = (heap() - before) / partitions
				assert.LessOrEqual(c, size, int64(goal))
			}, 10*time.Second, 10*time.Millisecond)
			t.Logf("%d bytes", size)
			require.Len(t, w.table.Load().partitions, partitions)
			require.Greater(t, size, int64(300), "the table is missing")
			runtime.KeepAlive(reply)
		})
	}
}

// heap is how much of it is in use.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
