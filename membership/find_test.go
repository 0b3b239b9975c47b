package membership

import (
	"context"
	"errors"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// TestWithoutAMasterTheFinderIsAsked, again and again, until it knows one; and no
// more once a master is there.
func TestWithoutAMasterTheFinderIsAsked(t *testing.T) {
	t.Parallel()
	mc := config(t, "m")
	mc.Role = RoleMaster
	m := start(t, mc)
	at := netip.MustParseAddrPort(m.GossipAddr())

	var asked, after atomic.Int64
	wc := config(t, "w")
	wc.Find = func(_ context.Context, alone bool) ([]netip.AddrPort, error) {
		if alone && asked.Add(1) < 3 {
			return nil, errors.New("nobody answers")
		}
		return []netip.AddrPort{at}, nil
	}
	w := newNode(t, wc)
	require.NoError(t, w.Start(t.Context()), "nobody there is no failure")
	seen(t, []string{"m", "w"}, m, w)
	require.GreaterOrEqual(t, asked.Load(), int64(3))

	// A third node that finds a worker only goes on looking for a master.
	require.NoError(t, m.Close())
	seen(t, []string{"w"}, w)
	oc := config(t, "o")
	oc.Find = func(_ context.Context, alone bool) ([]netip.AddrPort, error) {
		if !alone {
			after.Add(1)
		}
		return []netip.AddrPort{netip.MustParseAddrPort(w.GossipAddr())}, nil
	}
	o := start(t, oc)
	seen(t, []string{"o", "w"}, o, w)
	eventually(t, "it looks for a master", func() bool { return after.Load() > 2 })
}

// TestWhoFindsOnlyItselfWaits: a node answers those who look, and so itself.
func TestWhoFindsOnlyItselfWaits(t *testing.T) {
	t.Parallel()
	m := start(t, config(t, "m"))
	var w *Membership
	var asked atomic.Int64
	var answers atomic.Bool // m, too
	wc := config(t, "w")
	wc.Find = func(context.Context, bool) ([]netip.AddrPort, error) {
		asked.Add(1)
		found := []netip.AddrPort{netip.MustParseAddrPort(w.GossipAddr())}
		if answers.Load() {
			found = append(found, netip.MustParseAddrPort(m.GossipAddr()))
		}
		return found, nil
	}
	w = newNode(t, wc)
	require.NoError(t, w.Start(t.Context()))
	eventually(t, "it goes on looking", func() bool { return asked.Load() > 4 })
	require.False(t, w.admitted.Load(), "it is not the first of its cluster")
	answers.Store(true)
	eventually(t, "it is taken in", w.admitted.Load)
	seen(t, []string{"m", "w"}, m, w)
}

// TestWhoHasHadAMasterLooksForNoOther: another cluster's of the same name would answer.
func TestWhoHasHadAMasterLooksForNoOther(t *testing.T) {
	t.Parallel()
	mc := config(t, "m")
	mc.Role = RoleMaster
	m := start(t, mc)
	at := netip.MustParseAddrPort(m.GossipAddr())
	var asked atomic.Int64
	wc := config(t, "w")
	wc.Find = func(context.Context, bool) ([]netip.AddrPort, error) {
		asked.Add(1)
		return []netip.AddrPort{at}, nil
	}
	w := start(t, wc)
	seen(t, []string{"m", "w"}, m, w)
	require.NoError(t, m.Close())
	seen(t, []string{"w"}, w)
	before := asked.Load()
	again := start(t, mc) // at another address
	require.NotEqual(t, m.GossipAddr(), again.GossipAddr())
	require.Never(t, func() bool { return asked.Load() > before }, time.Second, 10*time.Millisecond)
}

// TestStrangersEndNothing: what is found may be anything, and whoever is found and refuses
// is told of, but the search goes on.
func TestStrangersEndNothing(t *testing.T) {
	t.Parallel()
	sc := config(t, "s")
	sc.Cluster = "prod"
	stranger, m := start(t, sc), start(t, config(t, "m"))
	var asked atomic.Int64
	var answers atomic.Bool // m, too
	logs, seenLogs := observer.New(zap.WarnLevel)
	wc := config(t, "w")
	wc.Log = zap.New(logs)
	wc.Find = func(context.Context, bool) ([]netip.AddrPort, error) {
		asked.Add(1)
		found := []netip.AddrPort{netip.MustParseAddrPort(stranger.GossipAddr())}
		if answers.Load() {
			found = append(found, netip.MustParseAddrPort(m.GossipAddr()))
		}
		return found, nil
	}
	w := newNode(t, wc)
	require.NoError(t, w.Start(t.Context()))
	eventually(t, "it goes on looking", func() bool { return asked.Load() > 2*maxRefusals })
	require.False(t, w.admitted.Load())
	require.Contains(t, seenLogs.FilterMessageSnippet("not of this cluster").All()[0].ContextMap()["trouble"], stranger.GossipAddr())
	answers.Store(true)
	seen(t, []string{"m", "w"}, m, w)
	require.Empty(t, w.Failed())
}
