package discovery

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"pikv/testcluster/netns"
)

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
	r, err := NewResponder(n, "0.0.0.0", zap.NewNop())
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
	require.Equal(t, []Node{n}, ask(false))
	require.Empty(t, ask(true), "it is no master")

	begun := time.Now()
	require.NoError(t, b.Enter(func() error {
		_, err := Find(t.Context(), "pikv", true)
		return err
	}))
	require.Less(t, time.Since(begun), 5*time.Second)
	require.NoError(t, b.Enter(func() error {
		_, err := FindMaster(t.Context(), "pikv")
		require.ErrorIs(t, err, ErrNobody)
		return nil
	}))

	r.keep(nil)
	require.Empty(t, ask(false))
	r.Close()

	// A node that listens elsewhere answers on no interface of these.
	r, err = NewResponder(n, "10.99.0.1", zap.NewNop())
	require.NoError(t, err)
	look()
	require.Empty(t, r.servers)
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
		require.False(t, l.addr.IsLoopback())
	}
}
