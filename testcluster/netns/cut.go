package netns

import (
	"fmt"
	"strings"
)

// cutTable is the bridge's filter: packets from the first address of a pair in
// the set to the second are dropped, those of connections that stand included.
const cutTable = `
table bridge lab {
	set cut { type ipv4_addr . ipv4_addr; }
	chain forward {
		type filter hook forward priority 0
		ip saddr . ip daddr @cut drop
	}
}
`

// Cut drops everything that from sends to to, and nothing of the other
// direction. Neither end is told.
func (l *Lab) Cut(from, to *Host) {
	l.t.Helper()
	l.filter(fmt.Sprintf("add element bridge lab cut { %s . %s }\n", from.Addr, to.Addr))
}

// Isolate cuts h from all other hosts of the lab, both ways: a pulled cable.
func (l *Lab) Isolate(h *Host) {
	l.t.Helper()
	l.mu.Lock()
	var rules strings.Builder
	for _, other := range l.mu.hosts {
		if other != h {
			fmt.Fprintf(&rules, "add element bridge lab cut { %s . %s, %s . %s }\n", h.Addr, other.Addr, other.Addr, h.Addr)
		}
	}
	l.mu.Unlock()
	l.filter(rules.String())
}

// Heal undoes all cuts.
func (l *Lab) Heal() {
	l.t.Helper()
	l.filter("flush set bridge lab cut\n")
}

// filter gives the bridge's filter commands.
func (l *Lab) filter(commands string) {
	l.t.Helper()
	l.runIn(l.bridge, "nft", commands)
}
