package membership

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestJoinTellsWhatTheMetadataSays(t *testing.T) {
	t.Parallel()
	mc := config(t, "m1")
	mc.Role, mc.RPCAddr, mc.Capacity = RoleMaster, "127.0.0.1:7001", 0
	m := start(t, mc)
	require.Equal(t, []string{"m1"}, names(m), "a node sees itself from the start")

	wc := config(t, "w1", m.GossipAddr())
	wc.RPCAddr, wc.Capacity = "worker.example:7002", 1<<40
	w := start(t, wc)
	seen(t, []string{"m1", "w1"}, m, w)

	got, _ := find(m, "w1")
	require.Equal(t, Member{
		Name: "w1", Role: RoleWorker, Incarnation: wc.Incarnation, RPCAddr: "worker.example:7002",
		GossipAddr: w.GossipAddr(), Capacity: 1 << 40,
	}, got)
	got, _ = find(w, "m1")
	require.Equal(t, RoleMaster, got.Role)
	require.Equal(t, mc.Incarnation, got.Incarnation)
}

func TestMembersIsACopy(t *testing.T) {
	t.Parallel()
	m := start(t, config(t, "m1"))
	m.Members()[0].Name = "changed"
	require.Equal(t, []string{"m1"}, names(m))
}

func TestJoinWithKeyAndThroughAnyMember(t *testing.T) {
	t.Parallel()
	key := make([]byte, 32)
	key[0] = 7
	with := func(cfg Config) Config { cfg.Key = key; return cfg }
	a := start(t, with(config(t, "a")))
	b := start(t, with(config(t, "b", a.GossipAddr())))
	c := start(t, with(config(t, "c", b.GossipAddr())))
	seen(t, []string{"a", "b", "c"}, a, b, c)
}

func TestJoinByNameWithSeveralAddresses(t *testing.T) {
	t.Parallel()
	a := start(t, config(t, "a"))
	cfg := config(t, "b", "seeds.example:"+strconv.Itoa(portOf(t, a)))
	cfg.resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
		if host != "seeds.example" {
			return nil, errors.New("asked for " + host)
		}
		// Nobody listens at the second and third one.
		return []netip.Addr{
			netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("::ffff:127.0.0.3"),
		}, nil
	}
	b := start(t, cfg)
	seen(t, []string{"a", "b"}, a, b)
}

func TestJoinByFileIsReadAgainAtEveryAttempt(t *testing.T) {
	t.Parallel()
	a := start(t, config(t, "a"))
	path := filepath.Join(t.TempDir(), "seeds")
	b := start(t, config(t, "b", "@"+path)) // the file does not exist yet
	require.Equal(t, []string{"b"}, names(b))

	require.NoError(t, os.WriteFile(path+".new", []byte("# seeds\n\n "+a.GossipAddr()+"\n"), 0o600))
	require.NoError(t, os.Rename(path+".new", path))
	seen(t, []string{"a", "b"}, a, b)
}

func TestOwnAddressAmongSeedsIsIgnored(t *testing.T) {
	t.Parallel()
	probe := start(t, config(t, "probe"))
	port := portOf(t, probe)
	require.NoError(t, probe.Close())

	core, logs := observer.New(zap.InfoLevel)
	cfg := config(t, "a", "127.0.0.1:"+strconv.Itoa(port))
	cfg.BindPort, cfg.Log = port, zap.New(core)
	a := start(t, cfg)
	require.True(t, a.admitted.Load(), "alone, it is the first of its cluster")
	b := start(t, config(t, "b", a.GossipAddr()))
	seen(t, []string{"a", "b"}, a, b)
	require.Zero(t, logs.FilterMessageSnippet("no other node").Len())
}

func TestUnreachableSeedIsNotFatalAndIsLoggedOnce(t *testing.T) {
	t.Parallel()
	mute, _ := silent(t)
	for name, addr := range map[string]string{"refused": nobody(t), "silent": mute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, logs := observer.New(zap.InfoLevel)
			cfg := config(t, "w1", addr)
			cfg.Log = zap.New(core)
			w := start(t, cfg)
			require.Equal(t, []string{"w1"}, names(w))
			alone := func() int { return logs.FilterMessageSnippet("no other node answers").Len() }
			require.Equal(t, 1, alone(), "said at once")
			require.Contains(t, logs.All()[0].ContextMap()["trouble"], addr)

			// Several more attempts later it has not been said again.
			require.Never(t, func() bool { return alone() != 1 }, 4*profiles[ProfileLocal].retryMax, 50*time.Millisecond)
		})
	}
}

func TestSeedThatComesLaterIsJoined(t *testing.T) {
	t.Parallel()
	reserved := start(t, config(t, "reserved"))
	addr, port := reserved.GossipAddr(), portOf(t, reserved)
	require.NoError(t, reserved.Close())

	w := start(t, config(t, "w1", addr))
	cfg := config(t, "m1")
	cfg.BindPort = port
	m := start(t, cfg)
	seen(t, []string{"m1", "w1"}, m, w)
}
