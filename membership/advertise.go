package membership

import (
	"fmt"
	"net"
	"net/netip"
)

// FindAdvertise returns the IP address that a node listening on bind should
// tell the others: bind itself when it is a specific address; otherwise the
// first private IPv4 address of an interface that is up and not loopback;
// otherwise 127.0.0.1, which serves a cluster on one machine. An empty bind
// means all addresses.
func FindAdvertise(bind string) (string, error) {
	if bind != "" {
		ip, err := netip.ParseAddr(bind)
		if err != nil {
			return "", fmt.Errorf("bind address %q: want an IP address", bind)
		}
		if !ip.IsUnspecified() {
			return bind, nil
		}
	}
	ifs, err := net.Interfaces()
	if err != nil {
		return "", fmt.Errorf("list network interfaces: %w", err)
	}
	for _, i := range ifs {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue // the interface went away meanwhile
		}
		if ip, ok := firstPrivate(addrs); ok {
			return ip.String(), nil
		}
	}
	return "127.0.0.1", nil
}

// firstPrivate picks the first private IPv4 address of addrs.
func firstPrivate(addrs []net.Addr) (netip.Addr, bool) {
	for _, a := range addrs {
		ipnet, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(ipnet.IP)
		if !ok {
			continue
		}
		if ip = ip.Unmap(); ip.Is4() && ip.IsPrivate() {
			return ip, true
		}
	}
	return netip.Addr{}, false
}
