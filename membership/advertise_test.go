package membership

import (
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFindAdvertise(t *testing.T) {
	for _, bind := range []string{"10.1.2.3", "127.0.0.1", "fd00::1"} {
		got, err := FindAdvertise(bind)
		require.NoError(t, err)
		require.Equal(t, bind, got)
	}
	for _, bind := range []string{"", "0.0.0.0", "::"} {
		got, err := FindAdvertise(bind)
		require.NoError(t, err)
		ip, err := netip.ParseAddr(got)
		require.NoError(t, err)
		require.True(t, ip.Is4() && (ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsLoopback()), got)
	}
	_, err := FindAdvertise("eth0")
	require.Error(t, err)
}

func TestFirstAddressOfAKind(t *testing.T) {
	nets := func(ss ...string) (addrs []net.Addr) {
		for _, s := range ss {
			ip, n, err := net.ParseCIDR(s)
			require.NoError(t, err)
			n.IP = ip
			addrs = append(addrs, n)
		}
		return addrs
	}
	all := nets("fe80::1/64", "fd00::1/64", "8.8.8.8/24", "169.254.0.1/16", "192.168.1.5/24", "10.0.0.1/8")
	ip, ok := first(all, netip.Addr.IsPrivate)
	require.True(t, ok)
	require.Equal(t, "192.168.1.5", ip.String())
	ip, ok = first(all, netip.Addr.IsLinkLocalUnicast)
	require.True(t, ok)
	require.Equal(t, "169.254.0.1", ip.String(), "of IPv6 it means nothing without an interface")
	_, ok = first(nets("8.8.8.8/24"), netip.Addr.IsPrivate)
	require.False(t, ok)
	_, ok = first(nil, netip.Addr.IsPrivate)
	require.False(t, ok)
}
