package main

import (
	"io/fs"
	"net"
	"path"
	"strconv"
	"strings"

	"pikv/membership"
)

// defaultMoveRate is what background streams (moves, refills) may send, in
// bytes per second: half of the network link, so that clients keep the other
// half. A link that does not tell its speed is taken for a gigabit wire's better
// part; on Wi-Fi, where links never tell and all nodes share one medium, for little.
func (m machine) defaultMoveRate(profile membership.Profile, bind, advertise string) int64 {
	if speed := m.linkSpeed(bind, advertise); speed > 0 {
		return speed / 2
	}
	if profile == membership.ProfileWiFi {
		return 2e6
	}
	return 50e6
}

// linkSpeed returns the speed of the node's network link in bytes per second,
// 0 when unknown: that of the link which has the node's address; if no address
// was given, of the slowest wired one in use.
func (m machine) linkSpeed(bind, advertise string) int64 {
	for _, ip := range []string{advertise, bind} {
		if addr := net.ParseIP(ip); addr != nil && !addr.IsUnspecified() {
			return m.speedOf(m.linkOf(ip))
		}
	}
	links, err := fs.ReadDir(m.root, "sys/class/net")
	if err != nil {
		return 0
	}
	var slowest int64
	for _, link := range links {
		// Only what has a device behind it is a link to other machines:
		// bridges, tunnels and the loopback have none.
		if _, err := fs.Stat(m.root, path.Join("sys/class/net", link.Name(), "device")); err != nil {
			continue
		}
		if speed := m.speedOf(link.Name()); speed > 0 && (slowest == 0 || speed < slowest) {
			slowest = speed
		}
	}
	return slowest
}

// speedOf reads the speed of one link. The kernel gives Mbit/s, -1 or an error
// when it does not know or the link is down.
func (m machine) speedOf(link string) int64 {
	if link == "" {
		return 0
	}
	text, err := fs.ReadFile(m.root, path.Join("sys/class/net", link, "speed"))
	if err != nil {
		return 0
	}
	megabits, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || megabits <= 0 || megabits > 1e6 {
		return 0
	}
	return megabits * 1e6 / 8
}

// linkOf asks the system which interface has the address.
func linkOf(ip string) string {
	wanted := net.ParseIP(ip)
	links, err := net.Interfaces()
	if err != nil {
		return ""
	}
	for _, link := range links {
		addrs, err := link.Addrs()
		if err != nil {
			continue
		}
		for _, addr := range addrs {
			if network, ok := addr.(*net.IPNet); ok && network.IP.Equal(wanted) {
				return link.Name
			}
		}
	}
	return ""
}
