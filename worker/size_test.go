package worker

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// What an empty partition costs a worker: its entry in the table with lock, engine and
// core, its line in the view, and what the worker keeps beside them; see replica's test
// for core and engine alone. The goal is 1 KiB. Where there is a backup it is missed: a
// primary keeps count of how far the backup is, and a backup that hears of no primary
// keeps what it asks of the register.
func TestAnEmptyPartitionIsSmall(t *testing.T) {
	const partitions, goal, withBackup = 4096, 1 << 10, 1<<10 + 128
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
			link := w.links.get(101) // nobody is there to take what waits for it, nor is a master
			link.urgent.drop()
			link.bulk.drop()
			w.changes.mu.Lock()
			w.changes.mu.waiting, w.changes.mu.queued = nil, nil
			w.changes.mu.Unlock()
			size := (heap() - before) / partitions
			t.Logf("%d bytes", size)
			require.Len(t, w.table.Load().partitions, partitions)
			require.Greater(t, size, int64(300), "the table is missing")
			most := int64(goal)
			if len(config(w.incarnation).InSync) > 1 {
				most = withBackup
			}
			require.LessOrEqual(t, size, most)
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
