package worker

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
)

// filling returns a worker with data, and a learner at addr that has said
// hello and waits for its fill.
func filling(t *testing.T, addr string) *Worker {
	t.Helper()
	w := newWorkerOf(t, Config{Name: "w1"})
	w.addr = "127.0.0.1:1"
	v := withPeers(testView(t, w, 7), addr)
	require.NoError(t, w.follower.adopt(replyWith(v)))
	for i := range w.table.Load().partitions {
		p := &w.table.Load().partitions[i]
		for range 8 {
			op := replica.Op{Kind: replica.OpPut, Key: keyOf(t, w, p.id), Value: make([]byte, 1<<10), Tag: ignored{}}
			w.do(p, w.now(), &op)
		}
	}
	next := v.Clone()
	next.Epoch = 2
	for i := range next.Partitions {
		next.Partitions[i].Epoch, next.Partitions[i].Learners = 2, []placement.Incarnation{101}
	}
	require.NoError(t, w.follower.adopt(replyWith(next)))
	return w
}

type ignored struct{}

func (ignored) answer(*Worker, *partition, *replica.Done) {}

func hello(w *Worker) {
	for i := range w.table.Load().partitions {
		m := replica.Message{Kind: replica.MsgAck, Partition: placement.PartitionID(i), Epoch: 2}
		w.step(&w.table.Load().partitions[i], func(c *replica.Core, out *replica.Effects) { c.Receive(w.now(), 101, &m, out) })
	}
}

// A learner that does not keep up makes the filler wait; else its queue would
// overflow and the snapshots begin anew, again and again.
func TestASlowLearnerIsNotSwamped(t *testing.T) {
	peer := newFakePeer(t) // it never reads what it is sent
	w := filling(t, peer.ln.Addr().String())
	hello(w)
	for range 100 {
		w.links.send(101, entryMessage(1, bulkBatch))
	}
	require.True(t, w.links.crowded(101))
	w.links.get(101).lost.Store(false)
	sent, crowded := w.filler.round(t.Context())
	require.False(t, sent)
	require.True(t, crowded)
	loops(w, w.filler.run) // waits, and ends with the worker
}

// However much a learner would take, it is sent no more than its share of the
// rate.
func TestAFillKeepsToItsShare(t *testing.T) {
	w := filling(t, nowhere(t))
	hello(w)
	k := w.links.get(101)
	k.allowed.set(1 << 20)
	k.allowed.spend(1 << 30)
	sent, crowded := w.filler.round(t.Context())
	require.False(t, sent)
	require.True(t, crowded, "it comes back")
	k.allowed = allowance{bytes: 1, rate: 1, at: time.Now()}
	sent, crowded = w.filler.round(t.Context())
	require.True(t, sent, "one chunk")
	require.True(t, crowded, "the next waits until it is made up for")
	require.Negative(t, k.allowed.bytes)
}

func TestAFillSendsEveryPartitionInTurn(t *testing.T) {
	w := filling(t, nowhere(t))
	sent, crowded := w.filler.round(t.Context())
	require.False(t, sent || crowded, "no learner has said hello")
	hello(w)
	require.Len(t, w.filler.ready, 1, "the filler is woken")
	sent, _ = w.filler.round(t.Context())
	require.True(t, sent)
	for i := range w.table.Load().partitions {
		require.False(t, w.table.Load().partitions[i].fill.Load(), "one item each: all sent")
	}
	sent, _ = w.filler.round(t.Context())
	require.False(t, sent)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	w.filler.run(ended)
}

func TestAFillerWithoutAViewDoesNothing(t *testing.T) {
	w := newTestWorker(t)
	sent, crowded := w.filler.round(t.Context())
	require.False(t, sent || crowded)
}
