package netns

import (
	"fmt"
	"slices"
	"strings"
)

// cutTable is the bridge's filter: packets from the first address of a pair in
// the set to the second are dropped, those of connections that stand included,
// and so is a share of all, by the rule that Lose puts into its chain.
const cutTable = `
table bridge lab {
	set cut { type ipv4_addr . ipv4_addr; }
	chain loss {
	}
	chain forward {
		type filter hook forward priority 0
		ip saddr . ip daddr @cut drop
		jump loss
	}
}
`

// Cut drops everything that from sends to to, and nothing of the other
// direction. Neither end is told.
func (l *Lab) Cut(from, to *Host) {
	l.t.Helper()
	l.change(func(cuts map[[2]string]bool) { cuts[[2]string{from.Addr, to.Addr}] = true })
}

// Mend undoes the cut of that direction, if there is one.
func (l *Lab) Mend(from, to *Host) {
	l.t.Helper()
	l.change(func(cuts map[[2]string]bool) { delete(cuts, [2]string{from.Addr, to.Addr}) })
}

// Isolate cuts h from all other hosts of the lab, both ways: a pulled cable.
func (l *Lab) Isolate(h *Host) {
	l.t.Helper()
	l.alone(h, true, true)
}

// Mute drops all that h sends, and Deafen all that is sent to h: a cable with a
// broken pair. Connect undoes them.
func (l *Lab) Mute(h *Host) {
	l.t.Helper()
	l.alone(h, true, false)
}

// Deafen is Mute's counterpart.
func (l *Lab) Deafen(h *Host) {
	l.t.Helper()
	l.alone(h, false, true)
}

// alone cuts h from all other hosts that there are now.
func (l *Lab) alone(h *Host, from, to bool) {
	l.t.Helper()
	l.change(func(cuts map[[2]string]bool) {
		for _, other := range l.mu.hosts {
			if from && other != h {
				cuts[[2]string{h.Addr, other.Addr}] = true
			}
			if to && other != h {
				cuts[[2]string{other.Addr, h.Addr}] = true
			}
		}
	})
}

// Connect undoes all cuts to and from h.
func (l *Lab) Connect(h *Host) {
	l.t.Helper()
	l.change(func(cuts map[[2]string]bool) {
		for cut := range cuts {
			if slices.Contains(cut[:], h.Addr) {
				delete(cuts, cut)
			}
		}
	})
}

// Heal undoes all cuts.
func (l *Lab) Heal() {
	l.t.Helper()
	l.change(func(cuts map[[2]string]bool) { clear(cuts) })
}

// change changes what is cut, in one step. The change is made while mu is held.
func (l *Lab) change(change func(cuts map[[2]string]bool)) {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l.mu.cuts)
	var rules strings.Builder
	rules.WriteString("flush set bridge lab cut\n")
	for cut := range l.mu.cuts {
		fmt.Fprintf(&rules, "add element bridge lab cut { %s . %s }\n", cut[0], cut[1])
	}
	l.filter(rules.String())
}

// Lose has the bridge lose so many of a thousand packets, whosever they are; 0
// ends that.
func (l *Lab) Lose(perMille int) {
	l.t.Helper()
	rules := "flush chain bridge lab loss\n"
	if perMille > 0 {
		rules += fmt.Sprintf("add rule bridge lab loss numgen random mod 1000 < %d drop\n", perMille)
	}
	l.filter(rules)
}

// filter gives the bridge's filter commands.
func (l *Lab) filter(commands string) {
	l.t.Helper()
	if err := l.lan.Filter(commands); err != nil {
		l.t.Fatal(err)
	}
}
