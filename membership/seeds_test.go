package membership

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseSeed(t *testing.T) {
	for in, want := range map[string]seed{
		"10.0.0.1":       {host: "10.0.0.1", port: DefaultPort},
		"10.0.0.1:1":     {host: "10.0.0.1", port: 1},
		"pi-1.local":     {host: "pi-1.local", port: DefaultPort},
		"pi-1.local:77":  {host: "pi-1.local", port: 77},
		"::1":            {host: "::1", port: DefaultPort},
		"[fd00::1]:7746": {host: "fd00::1", port: 7746},
		"@/etc/seeds":    {file: "/etc/seeds"},
	} {
		got, err := parseSeed(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{"", "@", ":7746", "host:", "host:0", "host:65536", "host:x", "a b", "a/b", "[::1", "1:2:3:x", "host:1\n"} {
		_, err := parseSeed(in)
		require.Error(t, err, "%q", in)
	}
}

func FuzzParseSeed(f *testing.F) {
	for _, s := range []string{"host", "host:1", "[::1]:1", "@file", "::1", ":"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sd, err := parseSeed(s)
		if err == nil && sd.file == "" && (sd.host == "" || sd.port == 0) {
			t.Fatalf("%q became %+v", s, sd)
		}
	})
}

func TestSeedAddrs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seeds")
	require.NoError(t, os.WriteFile(path, []byte("# ours\n10.0.0.9:9\r\n\n  multi \nbad port:x\n@other\n"), 0o600))
	resolve := func(_ context.Context, host string) ([]netip.Addr, error) {
		switch host {
		case "multi":
			return []netip.Addr{netip.MustParseAddr("fe80::1"), netip.MustParseAddr("::ffff:10.0.0.1"), netip.MustParseAddr("10.0.0.2")}, nil
		case "six":
			return []netip.Addr{netip.MustParseAddr("fd00::6")}, nil
		}
		return nil, errors.New("no such host")
	}
	addrs, errs := seedAddrs(t.Context(), []string{"10.0.0.2", "multi:77", "@" + path, "six", "nowhere", "@" + path + "-missing"}, resolve)
	var got []string
	for _, a := range addrs {
		got = append(got, a.String())
	}
	require.Equal(t, []string{
		"10.0.0.2:7746", "10.0.0.1:77", "10.0.0.2:77", "10.0.0.9:9", "10.0.0.1:7746", "[fd00::6]:7746",
	}, got, "in order, each once, IPv4 where there is any")
	text := errors.Join(errs...).Error()
	for _, part := range []string{`"nowhere"`, `"bad port:x"`, `cannot name another`, "seeds-missing"} {
		require.Contains(t, text, part)
	}
	require.ErrorIs(t, errors.Join(errs...), os.ErrNotExist)
}

func TestSeedAddrsIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seeds")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("host\n", 20000)), 0o600))
	var calls atomic.Int64
	resolve := func(context.Context, string) ([]netip.Addr, error) {
		calls.Add(1)
		var ips []netip.Addr
		for i := range 1000 {
			ips = append(ips, netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
		}
		return ips, nil
	}
	addrs, _ := seedAddrs(t.Context(), []string{"@" + path}, resolve)
	require.Len(t, addrs, maxSeedAddrs)
	require.EqualValues(t, maxSeedAddrs, calls.Load())
}
