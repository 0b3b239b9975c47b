package discovery

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"golang.org/x/net/ipv4"

	"pikv/testcluster/netns"
)

// soon is how long tests wait for what must happen: far beyond what it takes.
const soon = 20 * time.Second

// TestNetnsAskAndAnswer: who answers is found, on interfaces that have come since, too,
// and by nobody once it has stopped.
func TestNetnsAskAndAnswer(t *testing.T) {
	lab := netns.New(t)
	a, b := lab.Host("a"), lab.Host("b")
	ask := func(masters bool) (found []Node) {
		t.Helper()
		require.NoError(t, b.Enter(func() (err error) {
			found, err = Ask(t.Context(), masters, false)
			return err
		}))
		return found
	}
	require.Empty(t, ask(true))

	n := node(RoleWorker, "a", a.Addr)
	r, err := NewResponder(n, nil, "0.0.0.0", zap.NewNop())
	require.NoError(t, err)
	look := func() {
		require.NoError(t, a.Enter(func() error { r.look(); return nil }))
	}
	device := func(args ...string) {
		t.Helper()
		require.NoError(t, a.Command(t.Context(), "ip", args...).Run())
	}
	device("link", "set", "eth0", "down")
	look()
	require.Empty(t, r.servers)
	device("link", "set", "eth0", "up")
	look()
	look()
	require.Len(t, r.servers, 1)
	// A machine that has much to do may answer late, and a question is one packet.
	require.Eventually(t, func() bool { return slices.Equal([]Node{n}, ask(false)) }, soon, time.Millisecond)
	require.Empty(t, ask(true), "it is no master")

	require.Eventually(t, func() bool {
		return b.Enter(func() error {
			_, err := Find(t.Context(), "pikv", true)
			return err
		}) == nil
	}, soon, time.Millisecond)
	require.NoError(t, b.Enter(func() error {
		_, err := FindMaster(t.Context(), "pikv")
		require.ErrorIs(t, err, ErrNobody)
		return nil
	}))

	r.keep(nil)
	require.Empty(t, ask(false))
	r.Close()

	// A node that listens elsewhere answers on no interface of these.
	r, err = NewResponder(n, nil, "10.99.0.1", zap.NewNop())
	require.NoError(t, err)
	look()
	require.Empty(t, r.servers)
}

// TestNetnsStrangersAnswers: only from port 5353 of who is on the interface's own network
// an answer is believed.
func TestNetnsStrangersAnswers(t *testing.T) {
	lab := netns.New(t)
	a, b := lab.Host("a"), lab.Host("b")
	require.NoError(t, a.Command(t.Context(), "ip", "addr", "add", "10.99.0.1/32", "dev", "eth0").Run())
	answer := answerOf(t, node(RoleMaster, "m", a.Addr), true)
	var right, answered atomic.Bool
	var answering sync.WaitGroup
	var asked, elsewhere *net.UDPConn
	require.NoError(t, a.Enter(func() error {
		device, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		if asked, err = net.ListenMulticastUDP("udp4", device, group); err != nil {
			return err
		}
		elsewhere, err = net.ListenUDP("udp4", &net.UDPAddr{IP: netip.MustParseAddr(a.Addr).AsSlice()})
		return err
	}))
	answering.Go(func() {
		buf := make([]byte, maxPacket)
		for {
			_, asker, err := asked.ReadFromUDP(buf)
			if err != nil {
				return
			}
			_, err = elsewhere.WriteToUDP(answer, asker)
			_, err2 := ipv4.NewPacketConn(asked).WriteTo(answer, &ipv4.ControlMessage{Src: net.IPv4(10, 99, 0, 1)}, asker)
			if right.Load() {
				_, _ = asked.WriteToUDP(answer, asker) // the question comes again
			}
			answered.Store(err == nil && err2 == nil)
		}
	})
	defer answering.Wait()
	defer asked.Close()
	defer elsewhere.Close()
	asks := func() int {
		var found []Node
		require.NoError(t, b.Enter(func() (err error) {
			found, err = Ask(t.Context(), true, true)
			return err
		}))
		return len(found)
	}
	require.Eventually(t, func() bool { require.Zero(t, asks()); return answered.Load() }, soon, time.Millisecond)
	right.Store(true)
	require.Eventually(t, func() bool { return asks() == 1 }, soon, time.Millisecond)
}

func TestNetnsWithoutANetworkNobodyIsAsked(t *testing.T) {
	a := netns.New(t).Host("a")
	require.NoError(t, a.Command(t.Context(), "ip", "link", "set", "eth0", "down").Run())
	require.NoError(t, a.Enter(func() error {
		_, err := Ask(t.Context(), true, false)
		require.ErrorIs(t, err, ErrNoInterface)
		return nil
	}))
	found, err := links(netip.Addr{})
	require.NoError(t, err)
	for _, l := range found {
		require.False(t, l.addr().IsLoopback())
	}
}
