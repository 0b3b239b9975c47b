package worker

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
	"pikv/rpcclient"
	"pikv/store"
	"pikv/wire"
)

// cluster returns two workers that run under a register, and the cables that
// lead from each to the other.
func cluster(t *testing.T) (a, b *Worker, m *fakeMaster, toA, toB *cable) {
	t.Helper()
	return clusterOf(t, quick())
}

func clusterOf(t *testing.T, timing replica.Timing) (a, b *Worker, m *fakeMaster, toA, toB *cable) {
	t.Helper()
	a, b = unserved(t, timing)
	m, toA, toB = join(t, a, b)
	return a, b, m, toA, toB
}

// join has two workers run under a register, each with a cable to it and one to the
// other.
func join(t *testing.T, a, b *Worker) (m *fakeMaster, toA, toB *cable) {
	t.Helper()
	serve(t, a)
	serve(t, b)
	toA, toB = newCable(t, a.addr), newCable(t, b.addr)
	v := sharedView(t, a, b)
	for i := range v.Nodes {
		n := &v.Nodes[i]
		if n.Incarnation == a.incarnation {
			n.Addr, n.RESPAddr = toA.addr(), a.respAddr
		} else {
			n.Addr, n.RESPAddr = toB.addr(), b.respAddr
		}
	}
	m = newFakeMaster(t, v)
	for _, w := range []*Worker{a, b} {
		m.cables[w] = newCable(t, m.addr)
		w.lastMaster.Store(m.cables[w].addr())
		loops(w, w.follower.run, w.follower.runChase, w.changes.run, w.runTicks)
	}
	eventually(t, "both have a view, and leases", func() bool {
		return a.view().Epoch > 0 && b.view().Epoch > 0 && leased(a, b) && leased(b, a)
	})
	return m, toA, toB
}

// write puts a value within some time.
func writeKey(t *testing.T, conn *rpcclient.Conn, key, value []byte, within time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	return conn.Call(ctx, wire.MethodPut, func(buf []byte) []byte { return wire.AppendPut(buf, key, value, wire.Options{}) }, nil)
}

func readKey(t *testing.T, conn *rpcclient.Conn, key []byte, within time.Duration) (value string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	err = conn.Call(ctx, wire.MethodGet, func(buf []byte) []byte { return wire.AppendGet(buf, key, wire.Options{}) },
		func(d *wire.Decoder) error { value = string(d.Bytes()); return d.Err() })
	return value, err
}

func TestABackupTakesOverFromADeadPrimary(t *testing.T) {
	a, b, m, toA, _ := clusterOf(t, unhurried())
	key := keyOf(t, a, 0) // a's
	require.NoError(t, writeKey(t, dial(t, a.addr), key, []byte("v"), patience))
	died := b.now()
	a.Abort()
	require.NoError(t, toA.ln.Close()) // a's port is closed, as b sees it
	conn := dial(t, b.addr)
	eventually(t, "b answers", func() bool {
		value, err := readKey(t, conn, key, patience)
		return err == nil && value == "v"
	})
	require.Greater(t, b.now()-died, store.Instant(quick().Wait/2), "a might still have had its lease")
	require.NoError(t, writeKey(t, conn, key, []byte("w"), patience))
	require.Equal(t, b.incarnation, m.now().Partitions[0].Primary)
	require.Equal(t, []placement.Incarnation{b.incarnation}, m.now().Partitions[1].InSync)
}

// A primary that is cut off from everybody, and lives, must not answer by what
// it holds when another may have taken its place.
func TestAPrimaryThatIsCutOffAnswersNothing(t *testing.T) {
	a, b, m, toA, toB := cluster(t)
	key := keyOf(t, a, 0)
	old, next := dial(t, a.addr), dial(t, b.addr) // clients have cables of their own
	require.NoError(t, writeKey(t, old, key, []byte("v"), patience))
	m.cables[a].cut()
	toA.cut()
	toB.cut()
	eventually(t, "b takes a write", func() bool { return writeKey(t, next, key, []byte("w"), patience) == nil })
	_, err := readKey(t, old, key, time.Second)
	require.Error(t, err, "it would be the old value")
	require.False(t, leased(a, b))

	toA.mend()
	toB.mend()
	eventually(t, "a learns of it from b", func() bool {
		_, err := readKey(t, old, key, patience)
		e := wire.AsError(err)
		return err != nil && e.Code == wire.CodeMoved
	})
}

// Close waits for a write in flight, and the write for its backup: whatever
// ends first must not be the connection between them.
func TestAWriteInFlightSurvivesAClose(t *testing.T) {
	a, b, _, _, toB := clusterOf(t, unhurried())
	key := keyOf(t, a, 0)
	conn := dial(t, a.addr)
	require.NoError(t, writeKey(t, conn, key, []byte("v"), patience))
	eventually(t, "it is over", func() bool { return a.server.Stats().InFlight == 0 })
	toB.cut() // a reaches b no more, but hears it
	answer, closed := make(chan error, 1), make(chan error, 1)
	go func() { answer <- writeKey(t, conn, key, []byte("w"), patience) }()
	eventually(t, "the write is in flight", func() bool { return a.server.Stats().InFlight > 0 })
	go func() { closed <- a.Close(context.Background()) }()
	<-a.server.Stopping()
	require.Empty(t, answer)
	toB.mend()
	require.NoError(t, <-answer)
	require.NoError(t, <-closed)
	_ = b
}

// The next primary knows the names of the writes that the one before has made.
func TestAWriteThatIsSentAgainElsewhere(t *testing.T) {
	a, b, _, _, _ := cluster(t)
	key := keyOf(t, a, 0)
	incr := func(at *Worker, o wire.Options) int64 {
		sum, err := ask(t, dial(t, at.addr), wire.MethodIncr, wire.AppendIncr(nil, key, 5, o), func(d *wire.Decoder) int64 { return d.Int() })
		require.NoError(t, err)
		return sum
	}
	require.EqualValues(t, 5, incr(a, wire.Options{Client: 77, Seq: 1}))
	a.Abort()
	conn := dial(t, b.addr)
	eventually(t, "b answers", func() bool {
		_, err := readKey(t, conn, key, patience)
		return err == nil
	})
	require.EqualValues(t, 5, incr(b, wire.Options{Client: 77, Seq: 1, Attempt: 2}))
	require.EqualValues(t, 10, incr(b, wire.Options{Client: 77, Seq: 2}))
}
