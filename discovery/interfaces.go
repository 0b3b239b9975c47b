package discovery

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// maxInterfaces bounds sockets on machines with very many bridges and cables.
const maxInterfaces = 16

// link is an interface on which multicast is possible, with its first IPv4 address.
type link struct {
	device net.Interface
	addr   netip.Addr
}

// links lists the interfaces on which a node that listens on bind can be reached:
// all of them when bind is unspecified or invalid, else the one that has it.
// Loopback has no neighbours.
func links(bind netip.Addr) ([]link, error) {
	devices, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	var found []link
	for _, d := range devices {
		if d.Flags&net.FlagUp == 0 || d.Flags&net.FlagMulticast == 0 || d.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, err := d.Addrs()
		if err != nil {
			continue // it went away meanwhile
		}
		if four := fourOf(addrs); len(four) > 0 && (!bind.IsValid() || bind.IsUnspecified() || slices.Contains(four, bind)) {
			found = append(found, link{device: d, addr: four[0]})
		}
	}
	return found[:min(len(found), maxInterfaces)], nil
}

// fourOf returns the IPv4 addresses.
func fourOf(addrs []net.Addr) []netip.Addr {
	var four []netip.Addr
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok && ip.Unmap().Is4() {
				four = append(four, ip.Unmap())
			}
		}
	}
	return four
}
