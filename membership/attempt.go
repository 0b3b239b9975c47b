package membership

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
)

const (
	parallel = 8  // joins at a time: a silent address must not hold up the others
	maxLost  = 32 // lost addresses tried in one round, so that a round ends soon
	maxFound = 8  // found ones, of nodes that know all others
)

// errOnlyItself: who was found is this node, which answers those who look, too.
var errOnlyItself = errors.New("no other node has answered yet")

// tryRound asks every address that may help: seeds that are not alive, lost
// members, and nodes that seem to have restarted. It returns when all have
// answered or timed out, or ctx ended.
func (m *Membership) tryRound(ctx context.Context) round {
	var r round
	seeds, errs := seedAddrs(ctx, m.cfg.Join, m.cfg.resolve)
	r.errs = errs
	alive := m.roster.aliveAt()
	own := m.ownAddrs()
	wanted := make(map[string]bool) // each with whether it is but a hint
	for _, a := range seeds {
		if !own.has(a) && !alive[a.String()] {
			wanted[a.String()] = false
		}
	}
	// Who has had a master stays with it: while that is away, another cluster's would be
	// the one that answers, and two gossips that have merged do not part again.
	if m.cfg.Find != nil && !m.roster.hadMaster() {
		found, err := m.cfg.Find(ctx, len(alive) == 0)
		if err != nil {
			r.errs = append(r.errs, err)
		}
		itself := len(found) > 0
		for _, a := range found[:min(len(found), maxFound)] {
			itself = itself && own.has(a)
			if _, named := wanted[a.String()]; !named && !own.has(a) && !alive[a.String()] {
				wanted[a.String()] = true
			}
		}
		if itself {
			r.errs = append(r.errs, errOnlyItself) // or it would take itself for the first of its cluster
		}
	}
	for _, a := range m.roster.lost(maxLost) {
		if ap, err := netip.ParseAddrPort(a); err == nil && !own.has(ap) {
			wanted[a] = false
		}
	}
	for _, a := range m.roster.takeRestarted() {
		wanted[a] = false
	}

	r.contacts = m.contactAll(ctx, wanted)
	r.others = len(m.roster.aliveAt())
	r.claim, r.ghost = m.namesake.take()
	if r.claim != "" {
		r.answered = m.answersToName(r.claim)
	}
	return r
}

// contactAll joins at all the addresses, some at a time; each is there with whether it
// is but a hint.
func (m *Membership) contactAll(ctx context.Context, addrs map[string]bool) []contact {
	var (
		wg    sync.WaitGroup
		slots = make(chan struct{}, parallel)
		out   = make(chan contact, len(addrs))
	)
	for addr, hint := range addrs {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if ctx.Err() == nil {
				c := m.contact(addr)
				c.hint = hint
				out <- c
			}
		})
	}
	wg.Wait()
	close(out)
	contacts := make([]contact, 0, len(addrs))
	for c := range out {
		contacts = append(contacts, c)
	}
	return contacts
}

// contact exchanges full states with one address. After a partition one
// exchange only makes both sides protest that they live; the second one
// carries the protests over, for by then neither side gossips to the other.
func (m *Membership) contact(addr string) contact {
	for range 2 {
		talk, done := m.transport.listen(addr)
		n, err := m.list.Join([]string{addr})
		done()
		if n == 0 {
			return contact{addr: addr, outcome: talk.outcome(), err: err}
		}
		if m.roster.aliveAt()[addr] {
			break
		}
	}
	return contact{addr: addr, outcome: joined}
}

// answersToName pings addr with this node's own name: whoever answers has it, too.
func (m *Membership) answersToName(addr string) bool {
	a, err := udpAddr(addr)
	if err != nil {
		return false
	}
	_, err = m.list.Ping(m.cfg.Name, a)
	return err == nil
}

// ownAddrs are the gossip addresses that lead to this node itself.
type ownAddrs struct {
	port uint16
	ips  map[netip.Addr]bool
}

func (o ownAddrs) has(a netip.AddrPort) bool {
	return a.Port() == o.port && o.ips[a.Addr().Unmap().WithZone("")]
}

// ownAddrs lists them anew each time: interfaces come and go.
func (m *Membership) ownAddrs() ownAddrs {
	own := ownAddrs{port: m.port, ips: make(map[netip.Addr]bool)}
	add := func(ip netip.Addr) { own.ips[ip.Unmap().WithZone("")] = true }
	if ip, err := netip.ParseAddr(m.cfg.AdvertiseAddr); err == nil {
		add(ip)
	}
	bind, err := netip.ParseAddr(m.cfg.BindAddr)
	if err == nil && !bind.IsUnspecified() {
		add(bind)
		return own
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return own
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok {
				add(ip)
			}
		}
	}
	return own
}
