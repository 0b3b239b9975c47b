package worker

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/wire"
)

func linkCount(l *links) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.mu.byPeer)
}

// A stranger may say that a frame is from anyone.
func TestOnlyPeersInTheViewGetALink(t *testing.T) {
	w := newTestWorker(t)
	strangers := func() {
		for from := uint64(1000); from < 1100; from++ {
			batch := replica.AppendBeat([]byte{flagBeat}, &replica.Beat{Ask: 1, Grant: 1, Master: 7, View: 1})
			batch = replica.AppendMessage(batch, &replica.Message{Kind: replica.MsgAck, Partition: 3})
			w.handlePeer(t.Context(), "10.0.0.1:1", wire.AppendPeerParams(nil, wire.PeerFrame{From: from, To: uint64(w.incarnation), Batch: batch}))
		}
	}
	strangers()
	require.Zero(t, linkCount(w.links), "before the first view")
	require.NoError(t, w.follower.adopt(replyWith(withPeers(testView(t, w, 7), nowhere(t)))))
	strangers()
	require.Zero(t, linkCount(w.links))
	require.Nil(t, w.links.get(w.incarnation), "a stranger that says it is this worker")
	require.NotNil(t, w.links.get(101))
}

func TestAPeerThatLeftTheViewHasNoLink(t *testing.T) {
	w := newTestWorker(t)
	v := withPeers(testView(t, w, 7), nowhere(t))
	require.NoError(t, w.follower.adopt(replyWith(v)))
	require.NotNil(t, w.links.get(101))
	next := v.Clone()
	next.Epoch, next.Nodes = 2, next.Nodes[:1]
	require.NoError(t, w.follower.adopt(replyWith(next)))
	require.Nil(t, w.links.get(101))
	w.links.send(101, entryMessage(1, 1))
	require.NotNil(t, w.links.Pair(101), "one of its own")
	require.False(t, w.links.crowded(101))
	require.Zero(t, linkCount(w.links))
	done := make(chan struct{})
	go func() { w.links.wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("the link's goroutines live on")
	}
}

func TestLinksOfAClosedWorkerTakeNothing(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(withPeers(testView(t, w, 7), nowhere(t)))))
	w.Abort()
	require.Nil(t, w.links.get(101))
	w.links.send(101, entryMessage(1, 1))
	require.NotNil(t, w.links.Pair(101))
}

// keyOf returns a key of a partition.
func keyOf(t *testing.T, w *Worker, id placement.PartitionID) []byte {
	t.Helper()
	for i := range 10000 {
		key := []byte{'k', byte(i), byte(i >> 8)}
		if placement.PartitionOf(key, len(w.view().Partitions)) == id {
			return key
		}
	}
	t.Fatal("no key")
	return nil
}

func TestAFrameForAnEarlierRunCountsForNothing(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(withPeers(testView(t, w, 7), nowhere(t)))))
	for _, params := range [][]byte{
		wire.AppendPeerParams(nil, wire.PeerFrame{From: 101, To: 1, Batch: []byte{0}}),
		wire.AppendPeerParams(nil, wire.PeerFrame{From: 101, To: uint64(w.incarnation)}),
		{0xc0},
	} {
		w.handlePeer(context.Background(), "x", params)
	}
	require.Zero(t, linkCount(w.links))
	w.handlePeer(context.Background(), "x", wire.AppendPeerParams(nil, wire.PeerFrame{From: 101, To: uint64(w.incarnation), Batch: []byte{0, 99}}))
	require.Equal(t, 1, linkCount(w.links), "it spoke, though what it said was malformed")
}
