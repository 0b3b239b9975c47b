package worker

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"
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
	w := newWorkerOf(t, loopback("w1"))
	require.NoError(t, w.Start(t.Context()))
	require.Equal(t, rate.Inf, w.filler.limit.Limit())
	cfg := loopback("w2")
	cfg.MoveRate = 12345
	w = newWorkerOf(t, cfg)
	require.NoError(t, w.Start(t.Context()))
	require.Equal(t, rate.Limit(12345), w.filler.limit.Limit())
}
