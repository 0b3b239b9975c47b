package membership

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCloseTwiceAndOutOfOrder(t *testing.T) {
	t.Parallel()
	m := newNode(t, config(t, "a"))
	require.Empty(t, m.GossipAddr())
	require.NoError(t, m.Leave(t.Context()), "nothing to leave")
	require.NoError(t, m.Start(t.Context()))
	require.ErrorIs(t, m.Start(t.Context()), ErrClosed)
	require.NoError(t, m.Close())
	require.NoError(t, m.Close())
	require.NoError(t, m.Leave(t.Context()))
	require.ErrorIs(t, m.Start(t.Context()), ErrClosed)
	require.Equal(t, []string{"a"}, names(m), "the last answer stays")

	never := newNode(t, config(t, "b"))
	require.NoError(t, never.Close())
	require.ErrorIs(t, never.Start(t.Context()), ErrClosed)
}

func TestCloseInterruptsStart(t *testing.T) {
	t.Parallel()
	seed, called := silent(t)
	m := newNode(t, patient(t, "w1", seed))
	result := make(chan error, 1)
	go func() { result <- m.Start(context.Background()) }()
	<-called
	require.NotEmpty(t, m.GossipAddr(), "the port is open")
	require.NoError(t, m.Close())
	require.ErrorIs(t, <-result, ErrClosed)
}

func TestLeaveIsSeenWithoutWaitingForADetection(t *testing.T) {
	t.Parallel()
	a := start(t, config(t, "a"))
	b := start(t, config(t, "b", a.GossipAddr()))
	c := start(t, config(t, "c", a.GossipAddr()))
	seen(t, []string{"a", "b", "c"}, a, b, c)

	require.NoError(t, c.Leave(bounded(t)))
	require.NoError(t, c.Leave(bounded(t)), "twice")
	seen(t, []string{"a", "b"}, a, b)
	require.NotContains(t, names(c), "c")
	require.NoError(t, c.Close())

	// After a leave the name is free at once, at any address.
	c2 := start(t, config(t, "c", b.GossipAddr()))
	seen(t, []string{"a", "b", "c"}, a, b, c2)
	sees(t, a, c2)
	sees(t, b, c2)
}

func TestLeaveEndsWithItsContext(t *testing.T) {
	t.Parallel()
	nw := newNetwork()
	cfg := config(t, "a")
	cfg.wrap = nw.wrap
	a := start(t, cfg)
	b := start(t, config(t, "b", a.GossipAddr()))
	seen(t, []string{"a", "b"}, a, b)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, a.Leave(ctx), context.Canceled)
	began := time.Now()
	require.NoError(t, a.Close(), "waits for the goodbye under way")
	t.Logf("closed after %v", time.Since(began).Round(time.Millisecond))
}

func TestKilledNodeIsDetected(t *testing.T) {
	t.Parallel()
	a := start(t, config(t, "a"))
	b := start(t, config(t, "b", a.GossipAddr()))
	c := start(t, config(t, "c", a.GossipAddr()))
	seen(t, []string{"a", "b", "c"}, a, b, c)
	began := time.Now()
	require.NoError(t, c.Close())
	seen(t, []string{"a", "b"}, a, b)
	t.Logf("detected after %v", time.Since(began).Round(time.Millisecond))
}

func TestChangedHoldsOneToken(t *testing.T) {
	t.Parallel()
	a := start(t, config(t, "a"))
	<-a.Changed() // itself
	b := start(t, config(t, "b", a.GossipAddr()))
	start(t, config(t, "c", a.GossipAddr()))
	seen(t, []string{"a", "b", "c"}, b)
	eventually(t, "a sees all", func() bool { return len(a.Members()) == 3 })
	select {
	case <-a.Changed():
	case <-time.After(soon):
		t.Fatal("no token for two joins")
	}
	select {
	case <-a.Changed():
		t.Fatal("two tokens")
	default:
	}
}
