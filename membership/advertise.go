package membership

import (
	"fmt"
	"net"
	"net/netip"
)

// FindAdvertise returns the IP address that a node listening on bind should
// tell the others: bind itself when it is a specific address; otherwise the
// first private IPv4 address of an interface that is up and not loopback;
// otherwise the first that an interface gave itself (169.254.0.0/16), for want of
// a router that gives any; otherwise 127.0.0.1, which serves a cluster on one
// machine. An empty bind means all addresses.
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
	var every []net.Addr
	for _, i := range ifs {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue // the interface went away meanwhile
		}
		every = append(every, addrs...)
	}
	for _, is := range []func(netip.Addr) bool{netip.Addr.IsPrivate, netip.Addr.IsLinkLocalUnicast} {
		if ip, ok := first(every, is); ok {
			return ip.String(), nil
		}
	}
	return "127.0.0.1", nil
}

// first picks the first IPv4 address of addrs that is such a one.
func first(addrs []net.Addr, is func(netip.Addr) bool) (netip.Addr, bool) {
	for _, a := range addrs {
		ipnet, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(ipnet.IP)
		if !ok {
			continue
		}
		if ip = ip.Unmap(); ip.Is4() && is(ip) {
			return ip, true
		}
	}
	return netip.Addr{}, false
}
