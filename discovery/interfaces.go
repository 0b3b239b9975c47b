package discovery

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// maxInterfaces bounds sockets on machines with very many bridges and cables.
const maxInterfaces = 16

// link is an interface on which multicast is possible, with its IPv4 networks, one at least.
type link struct {
	device net.Interface
	nets   []netip.Prefix // each with the interface's own address in it
}

// addr is the address from which this host asks.
func (l link) addr() netip.Addr { return l.nets[0].Addr() }

// has reports whether an address is of one of the interface's own networks.
func (l link) has(ip netip.Addr) bool {
	return slices.ContainsFunc(l.nets, func(n netip.Prefix) bool { return n.Contains(ip) })
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
		bound := func(n netip.Prefix) bool { return n.Addr() == bind }
		if four := fourOf(addrs); len(four) > 0 && (!bind.IsValid() || bind.IsUnspecified() || slices.ContainsFunc(four, bound)) {
			found = append(found, link{device: d, nets: four})
		}
	}
	return found[:min(len(found), maxInterfaces)], nil
}

// fourOf returns the IPv4 addresses with their networks.
func fourOf(addrs []net.Addr) []netip.Prefix {
	var four []netip.Prefix
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok && ip.Unmap().Is4() {
				ones, _ := n.Mask.Size()
				four = append(four, netip.PrefixFrom(ip.Unmap(), ones))
			}
		}
	}
	return four
}
