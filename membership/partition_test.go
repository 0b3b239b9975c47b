package membership

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// cutInTwo starts a, b | c, d, cuts between them and waits until each side has
// given up the other.
func cutInTwo(t *testing.T) (nw *network, all []*Membership) {
	t.Helper()
	nw = newNetwork()
	with := func(cfg Config) Config { cfg.wrap = nw.wrap; return cfg }
	a := start(t, with(config(t, "a"))) // has no seeds
	b := start(t, with(config(t, "b", a.GossipAddr())))
	c := start(t, with(config(t, "c", a.GossipAddr())))
	d := start(t, with(config(t, "d", b.GossipAddr())))
	all = []*Membership{a, b, c, d}
	seen(t, []string{"a", "b", "c", "d"}, all...)

	nw.cut(c, d)
	seen(t, []string{"a", "b"}, a, b)
	seen(t, []string{"c", "d"}, c, d)
	return nw, all
}

func TestPartitionHeals(t *testing.T) {
	t.Parallel()
	nw, all := cutInTwo(t)
	nw.heal()
	began := time.Now()
	seen(t, []string{"a", "b", "c", "d"}, all...)
	t.Logf("healed after %v", time.Since(began).Round(time.Millisecond))
}

// The partition outlasts memberlist's memory of the dead.
func TestPartitionHealsAfterEveryoneForgot(t *testing.T) {
	t.Parallel()
	nw, all := cutInTwo(t)
	require.Never(t, func() bool {
		return slices.ContainsFunc(all, func(m *Membership) bool { return len(m.Members()) != 2 })
	}, profiles[ProfileLocal].gossipToTheDead+time.Second, 20*time.Millisecond)
	nw.heal()
	began := time.Now()
	seen(t, []string{"a", "b", "c", "d"}, all...)
	t.Logf("healed after %v", time.Since(began).Round(time.Millisecond))
}

// The seeds help nobody any more: the name that b joined by is gone from DNS.
func TestRememberedAddressesHeal(t *testing.T) {
	t.Parallel()
	nw := newNetwork()
	ac := config(t, "a")
	ac.wrap = nw.wrap
	a := start(t, ac)

	var gone atomic.Bool
	bc := config(t, "b", "seed.example:"+strconv.Itoa(portOf(t, a)))
	bc.wrap = nw.wrap
	bc.resolve = func(context.Context, string) ([]netip.Addr, error) {
		if gone.Load() {
			return nil, errors.New("no such host")
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	b := start(t, bc)
	seen(t, []string{"a", "b"}, a, b)
	gone.Store(true)
	nw.cut(b)
	seen(t, []string{"a"}, a)
	seen(t, []string{"b"}, b)
	nw.heal()
	seen(t, []string{"a", "b"}, a, b)
}
