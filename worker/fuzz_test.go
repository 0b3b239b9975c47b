package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/store"
	"pikv/wire"
)

// What comes as a peer's frame must not crash a worker.
func FuzzPeerFrame(f *testing.F) {
	w, err := New(Config{Name: "w1", MaxMemory: 1 << 20})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(w.Abort)
	target := make([][]string, 4)
	for i := range target {
		target[i] = []string{"w1"}
	}
	v, err := placement.NewView("pikv", 7, 1, []placement.Node{{Incarnation: w.incarnation, Name: "w1", Addr: "127.0.0.1:1"}}, target)
	if err != nil {
		f.Fatal(err)
	}
	v = withPeers(v, "127.0.0.1:1")
	v.Partitions[0].Learners = []placement.Incarnation{101}
	v.Partitions[1].InSync = sorted([]placement.Incarnation{w.incarnation, 101})
	v.Partitions[2] = placement.Partition{Epoch: 1, Primary: 101, InSync: sorted([]placement.Incarnation{w.incarnation, 101})}
	v.Partitions[3] = placement.Partition{Epoch: 1, Primary: 101, InSync: []placement.Incarnation{101}, Learners: []placement.Incarnation{w.incarnation}}
	if err := w.follower.adopt(replyWith(v)); err != nil {
		f.Fatal(err)
	}
	ack := replica.AppendMessage(nil, &replica.Message{Kind: replica.MsgAck, Partition: 1, Epoch: 1})
	for _, batch := range [][]byte{
		nil, {0}, {flagBeat}, {2}, {255},
		append([]byte{0}, ack...),
		append(replica.AppendBeat([]byte{flagBeat}, &replica.Beat{Ask: 5}), ack...),
		replica.AppendBeat([]byte{flagBeat}, &replica.Beat{Ask: 5, Grant: 1 << 62, Master: 7, View: 1, Room: 1 << 40}),
		replica.AppendMessage([]byte{0}, entryMessage(1, 10)),
		replica.AppendBeat([]byte{flagBeat}, &replica.Beat{Grant: 1, Master: 7, View: 1})[:3],
	} {
		f.Add(uint64(101), batch)
		f.Add(uint64(5), batch)
	}
	f.Fuzz(func(t *testing.T, from uint64, batch []byte) {
		w.handlePeer(t.Context(), "x", wire.AppendPeerParams(nil, wire.PeerFrame{From: from, To: uint64(w.incarnation), Batch: batch}))
		require.False(t, w.links.get(101).pair.Leased(w.now()+store.Instant(w.cfg.Timing.Lease)), "no lease is longer")
		_ = w.welcome("x", batch)
		w.tickActive()
	})
}
