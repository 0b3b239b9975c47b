package worker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/replica"
	"pikv/store"
)

// Expired keys that nobody reads give back their memory.
func TestTicksSweepExpiredKeys(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	p := &w.table.Load().partitions[0]
	op := replica.Op{Kind: replica.OpPut, Key: keyOf(t, w, 0), Value: []byte("v"), TTL: time.Millisecond, Tag: ignored{}}
	w.do(p, w.now(), &op)
	require.Positive(t, w.memory.Used())
	loops(w, w.runTicks, w.sweeper.run)
	eventually(t, "the key's memory is given back", func() bool { return w.memory.Used() == 0 })
}

// An operation that cannot be served yet is answered when its time is over.
func TestTicksEndHeldOperations(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	done := make(chan replica.Status, 1)
	op := replica.Op{Kind: replica.OpGet, Key: keyOf(t, w, 0), Epoch: 99, Tag: answered1{done}}
	op.Deadline = w.now() + store.Instant(20*time.Millisecond)
	w.do(&w.table.Load().partitions[0], w.now(), &op)
	require.Len(t, w.follower.chase, 1, "the view is fetched meanwhile")
	loops(w, w.runTicks)
	require.Equal(t, replica.Timeout, <-done)
}

type answered1 struct{ status chan replica.Status }

func (a answered1) answer(_ *Worker, _ *partition, d *replica.Done) { a.status <- d.Status }
