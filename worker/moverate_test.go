package worker

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

func TestSnapshotsTakeHalfOfTheNetwork(t *testing.T) {
	for _, c := range []struct {
		configured int64
		host       string
		speed      int64
		want       int64
	}{
		{0, "192.168.1.5", 100, 6_250_000},
		{0, "192.168.1.5", 1000, 62_500_000},
		{0, "fe80::1", 10, 625_000},
		{0, "192.168.1.5", 0, 6_250_000}, // unknown: as a Pi's
		{0, "127.0.0.1", 0, NoMoveLimit},
		{0, "::1", 100, NoMoveLimit},
		{0, "not an address", 0, 6_250_000},
		{77, "127.0.0.1", 1000, 77},
		{77, "192.168.1.5", 1000, 77},
		{NoMoveLimit, "192.168.1.5", 1000, NoMoveLimit},
	} {
		require.Equal(t, c.want, moveRate(c.configured, c.host, c.speed), "%+v", c)
	}
}

func TestASpeedThatIsNoneIsUnknown(t *testing.T) {
	for text, want := range map[string]int64{
		"100\n": 100, "10000": 10000, " 1000 \n": 1000, "0\n": 0,
		"-1\n": 0, "4294967295\n": 0, "": 0, "fast": 0, "99999999999999999999": 0,
	} {
		require.Equal(t, want, parseSpeed(text), "%q", text)
	}
	require.Zero(t, linkSpeed(""))
	require.Zero(t, linkSpeed("no such interface"))
}

func TestTheInterfaceOfAnAddress(t *testing.T) {
	require.NotEmpty(t, interfaceOf(net.ParseIP("127.0.0.1")))
	require.Empty(t, interfaceOf(net.ParseIP("192.0.2.1")), "nobody has it")
	require.Empty(t, interfaceOf(nil))
}

func TestAWorkerOnLoopbackMovesWithoutALimit(t *testing.T) {
	w := newWorkerOf(t, loopback(t, "w1"))
	require.NoError(t, w.Start(t.Context()))
	require.Zero(t, w.filler.rate, "no limit")
	cfg := loopback(t, "w2")
	cfg.MoveRate = 12345
	w = newWorkerOf(t, cfg)
	require.NoError(t, w.Start(t.Context()))
	require.EqualValues(t, 12345, w.filler.rate)
}

// A node neither sends nor gets more than its rate, however many it fills or is
// filled by.
func TestTheRateIsSharedByThoseThatFillAndAreFilled(t *testing.T) {
	w := newTestWorker(t)
	w.filler.slow(600)
	v := testView(t, w, 7)
	for i := range placement.Incarnation(3) {
		v.Nodes = append(v.Nodes, placement.Node{Incarnation: 101 + i, Name: fmt.Sprint("peer", i), Addr: nowhere(t)})
	}
	slices.SortFunc(v.Nodes, func(a, b placement.Node) int { return cmp.Compare(a.Incarnation, b.Incarnation) })
	led := func(p int, primary placement.Incarnation, learners ...placement.Incarnation) {
		v.Partitions[p].Primary, v.Partitions[p].InSync, v.Partitions[p].Learners = primary, []placement.Incarnation{primary}, learners
	}
	led(0, w.incarnation, 101)
	led(1, w.incarnation, 101) // two partitions have twice the share of one
	led(2, w.incarnation, 102)
	led(3, 102, 101)
	led(4, 103, 101)
	led(5, w.incarnation, 103)
	require.NoError(t, w.follower.adopt(replyWith(v)))
	share := func(peer placement.Incarnation) int64 { return w.links.get(peer).allowed.rate }
	require.EqualValues(t, 300, share(101), "two of four partitions that fill it")
	require.EqualValues(t, 150, share(102), "one of four that this node fills")

	next := v.Clone()
	next.Epoch = 2
	for _, p := range []int{0, 1, 5} {
		next.Partitions[p].Epoch, next.Partitions[p].Learners = 2, nil
		next.Partitions[p].InSync = []placement.Incarnation{min(w.incarnation, 103), max(w.incarnation, 103)}
	}
	require.NoError(t, w.follower.adopt(replyWith(next)))
	require.EqualValues(t, 600, share(102), "all of the rate is its own now")

	w.filler.rate = 0
	w.links.shareRate(next, w.filler.rate)
	require.Zero(t, share(102), "no limit")
}
