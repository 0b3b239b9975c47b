// Package netns gives tests hosts with addresses of their own: a lan.LAN whose links
// can be cut one way, healed, made lossy, and slowed to a Pi's. Root only; see
// testcluster/need.
package netns

import (
	"sync"
	"testing"

	"pikv/testcluster/lan"
	"pikv/testcluster/need"
)

// Lab is a network and the hosts on it. Its methods end the test when the system
// refuses something. Safe for concurrent use.
type Lab struct {
	t   testing.TB
	lan *lan.LAN

	mu struct {
		sync.Mutex
		hosts []*Host
		cuts  map[[2]string]bool // addresses: from, to
	}
}

// New makes a lab without hosts. It vanishes with everything in it when the
// test ends, and with the next one on this machine if the test was killed.
func New(t testing.TB) *Lab {
	t.Helper()
	need.Root(t)
	network, err := lan.New()
	if err != nil {
		t.Fatal(err)
	}
	l := &Lab{t: t, lan: network}
	l.mu.cuts = make(map[[2]string]bool)
	t.Cleanup(l.Close)
	l.filter(cutTable)
	return l
}

// Host is a computer of a lab.
type Host struct {
	*lan.Host
	lab *Lab
}

// Host adds a host, cabled to the bridge, with the next free address.
func (l *Lab) Host(name string) *Host {
	l.t.Helper()
	host, err := l.lan.Host(name)
	if err != nil {
		l.t.Fatal(err)
	}
	h := &Host{host, l}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.hosts = append(l.mu.hosts, h)
	return h
}

// Limit slows the host's cable, both ways, to a rate as tc writes it. "100mbit"
// is a Pi's older NIC: 95 Mbit/s of payload.
func (h *Host) Limit(rate string) {
	h.lab.t.Helper()
	if err := h.Host.Limit(rate, "128kb", "50ms"); err != nil {
		h.lab.t.Fatal(err)
	}
}

// Close kills what runs in the lab and removes it. It is called when the test
// ends; to call it earlier, or twice, does no harm.
func (l *Lab) Close() {
	if err := l.lan.Close(); err != nil {
		l.t.Error(err)
	}
}
