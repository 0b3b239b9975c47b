package worker

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/rpcclient"
	"pikv/rpcserver"
	"pikv/socket"
	"pikv/store"
	"pikv/wire"
)

// speaker is a peer that says what a test makes it say, and records what it is
// told.
type speaker struct {
	t     *testing.T
	to    *Worker
	addr  string
	heard record[replica.Message]
	conn  *rpcclient.Conn
}

func newSpeaker(t *testing.T) *speaker {
	t.Helper()
	s := &speaker{t: t}
	server := rpcserver.New(rpcserver.Config{})
	server.HandleHello(wire.MethodPeer, func(string, []byte) error { return nil })
	server.HandleNotify(wire.MethodPeer, func(_ context.Context, _ string, params []byte) {
		frame, err := wire.DecodePeer(params)
		if err != nil {
			t.Error(err)
		}
		_, batch, err := cutFrame(frame.Batch)
		for err == nil && len(batch) > 0 {
			var m replica.Message
			if m, batch, err = replica.DecodeMessage(batch); err == nil {
				s.heard.add(m)
			}
		}
		if err != nil {
			t.Error(err)
		}
	})
	ln, err := socket.Listen("127.0.0.1", 0, socket.RPCPort)
	require.NoError(t, err)
	s.addr = ln.Addr().String()
	server.Start(ln)
	t.Cleanup(func() { closeNow(server) })
	return s
}

// hello connects to a worker as node 101 of its view.
func (s *speaker) hello(to *Worker) {
	s.t.Helper()
	s.to, s.conn = to, dial(s.t, to.addr)
	s.sync()
}

// sync returns when the worker has dealt with all that was told before.
func (s *speaker) sync() {
	s.t.Helper()
	require.NoError(s.t, s.conn.Call(s.t.Context(), wire.MethodPeer, func(buf []byte) []byte {
		return wire.AppendPeerParams(buf, wire.PeerFrame{From: 101, To: uint64(s.to.incarnation), Batch: helloBatch()})
	}, nil))
}

// tell sends a batch, and waits until it was dealt with.
func (s *speaker) tell(from, to placement.Incarnation, batch []byte) {
	s.t.Helper()
	require.NoError(s.t, s.conn.Notify(s.t.Context(), wire.MethodPeer, func(buf []byte) []byte {
		return wire.AppendPeerParams(buf, wire.PeerFrame{From: uint64(from), To: uint64(to), Batch: batch})
	}))
	s.sync()
}

// acked waits until the worker has acknowledged that it has everything up to
// number.
func (s *speaker) acked(number replica.Number) {
	s.t.Helper()
	eventually(s.t, "the worker acknowledges", func() bool {
		for _, m := range s.heard.list() {
			if m.Kind == replica.MsgAck && m.Prev == number && m.Commit == number {
				return true
			}
		}
		return false
	})
}

// appended is what the primary of an epoch sends of entries that follow prev,
// all of them committed.
func appended(epoch placement.Epoch, prev replica.Number, values ...string) *replica.Message {
	m := &replica.Message{Kind: replica.MsgAppend, Epoch: epoch, Prev: prev, Commit: prev + replica.Number(len(values))}
	if prev > 0 {
		m.PrevEpoch = 5
	}
	for i, value := range values {
		m.Entries = append(m.Entries, replica.Entry{
			Epoch: epoch, Number: prev + replica.Number(i) + 1, Kind: replica.EntryPut, Key: []byte(value), Value: []byte(value),
		})
	}
	return m
}

func batchOf(messages ...*replica.Message) []byte {
	batch := []byte{0}
	for _, m := range messages {
		batch = replica.AppendMessage(batch, m)
	}
	return batch
}

// backupOf returns a worker that is the speaker's backup in partition 0, at
// epoch 5, and of somebody else in partition 1.
func backupOf(t *testing.T, s *speaker) *Worker {
	t.Helper()
	w := newTestWorker(t)
	serve(t, w)
	v := withPeers(testView(t, w, 7), s.addr, nowhere(t))
	v.Epoch = 5
	for i, primary := range []placement.Incarnation{101, 102} {
		v.Partitions[i] = placement.Partition{Epoch: 5, Primary: primary, InSync: sorted([]placement.Incarnation{w.incarnation, primary})}
	}
	require.NoError(t, w.follower.adopt(replyWith(v)))
	s.hello(w)
	return w
}

// contents returns what a partition holds.
func contents(w *Worker, id placement.PartitionID) map[string]replica.Number {
	p := &w.table.Load().partitions[id]
	held := make(map[string]replica.Number)
	p.look(func(*replica.Core) {
		p.engine.Scan(0, nil, 1000, func(item store.Item) { held[string(item.Key)] = replica.Number(item.Version) })
	})
	return held
}

// Nothing that is late, repeated, cut short, or not from whom it should be
// changes what a backup has, and what comes afterwards in order is taken.
func TestBadFramesChangeNothing(t *testing.T) {
	s := newSpeaker(t)
	w := backupOf(t, s)
	me := w.incarnation
	s.tell(101, me, batchOf(appended(5, 0, "a")))
	s.acked(1)

	next := batchOf(appended(5, 1, "b"))
	other := appended(5, 0, "x")
	other.Partition = 1
	outside := appended(5, 0, "x")
	outside.Partition = 16
	ack := &replica.Message{Kind: replica.MsgAck, Epoch: 5, Prev: 99, PrevEpoch: 5, Commit: 99, Done: true}
	fill := &replica.Message{Kind: replica.MsgFill, Epoch: 5, Items: []replica.Item{{Key: []byte("x"), Version: 1}}, Done: true}
	body := &replica.Message{Kind: replica.MsgBody, Epoch: 5, Body: 1, Total: 1 << 60, Data: []byte("x")}
	type frame struct {
		name     string
		from, to placement.Incarnation
		batch    []byte
	}
	frames := []frame{
		{"of an old epoch", 101, me, batchOf(appended(4, 1, "x"))},
		{"of an epoch to come", 101, me, batchOf(appended(6, 1, "x"))},
		{"from an unknown node", 999, me, next},
		{"from nobody", 0, me, next},
		{"from this very worker", me, me, next},
		{"from one that is not the primary", 102, me, next},
		{"for an earlier run of this worker", 101, me + 1, next},
		{"for a partition of another primary", 101, me, batchOf(other)},
		{"for no partition", 101, me, batchOf(outside)},
		{"after a gap", 101, me, batchOf(appended(5, 2, "x"))},
		{"twice", 101, me, batchOf(appended(5, 0, "a"), appended(5, 0, "a"))},
		{"what only a backup may say", 101, me, batchOf(ack)},
		{"a snapshot for one that has everything", 101, me, batchOf(fill)},
		{"a value larger than all memory", 101, me, batchOf(body)},
		{"of no kind", 101, me, []byte{0, 99}},
		{"with unknown flags", 101, me, append([]byte{0x80}, next[1:]...)},
		{"without flags", 101, me, nil},
	}
	for cut := 1; cut < len(next); cut++ {
		frames = append(frames, frame{"cut short", 101, me, next[:cut]})
	}
	for _, f := range frames {
		s.tell(f.from, f.to, f.batch)
		require.Equal(t, map[string]replica.Number{"a": 1}, contents(w, 0), f.name)
		require.Empty(t, contents(w, 1), f.name)
	}
	require.Less(t, w.memory.Used(), int64(1<<10), "nothing is kept")
	require.Len(t, w.follower.chase, 1, "the epoch to come is fetched")
	s.tell(101, me, batchOf(appended(5, 2, "c"))) // overtakes
	s.tell(101, me, next)
	s.tell(101, me, batchOf(appended(5, 2, "c")))
	s.acked(3)
	stale := 0
	for _, m := range s.heard.list() {
		require.LessOrEqual(t, m.Prev, replica.Number(3))
		if m.Kind == replica.MsgStale {
			require.EqualValues(t, 5, m.Epoch)
			stale++
		}
	}
	require.Equal(t, 1, stale, "the old epoch is told the new one")
	require.Equal(t, map[string]replica.Number{"a": 1, "b": 2, "c": 3}, contents(w, 0))
	require.Zero(t, w.server.Stats().Panics)
}

// A stranger on the replication port is no peer: it must say hello as a node
// that is known, to this very run, before a frame of it is read.
func TestOnlyPeersAreHeard(t *testing.T) {
	s := newSpeaker(t)
	w := backupOf(t, s)
	for _, c := range []struct {
		hello wire.PeerFrame
		code  wire.Code
	}{
		{wire.PeerFrame{From: 101, To: uint64(w.incarnation + 1), Batch: helloBatch()}, wire.CodeStale},
		{wire.PeerFrame{From: 999, To: uint64(w.incarnation), Batch: helloBatch()}, wire.CodeBusy},
		{wire.PeerFrame{From: uint64(w.incarnation), To: uint64(w.incarnation), Batch: helloBatch()}, wire.CodeRefused},
		{wire.PeerFrame{From: 101, To: uint64(w.incarnation)}, wire.CodeRefused}, // of another version
		{wire.PeerFrame{From: 101, To: uint64(w.incarnation), Batch: []byte{peerVersion + 1}}, wire.CodeRefused},
	} {
		conn := dial(t, w.addr)
		err := conn.Call(t.Context(), wire.MethodPeer, func(buf []byte) []byte { return wire.AppendPeerParams(buf, c.hello) }, nil)
		require.ErrorIs(t, err, &wire.Error{Code: c.code})
		require.NoError(t, conn.Notify(t.Context(), wire.MethodPeer, func(buf []byte) []byte {
			return wire.AppendPeerParams(buf, wire.PeerFrame{From: 101, To: uint64(w.incarnation), Batch: batchOf(appended(5, 0, "a"))})
		}))
		<-conn.Done()
	}
	s.sync()
	require.Empty(t, contents(w, 0))
}
