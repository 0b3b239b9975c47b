package membership

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/hashicorp/memberlist"
)

// Start opens the gossip port and tries the seeds once. It returns nil when
// one of them took this node in, when there are none, and also when none can
// be reached: the node then runs alone and goes on trying until Close. It fails
// with *socket.PortInUse, ErrWrongKeyOrCluster, ErrNameTaken, or the end of ctx,
// which bounds only Start itself; after a failure nothing runs any more.
//
// Unreachable seeds cost seconds (see the profile's stream timeout), a refusing
// seed three quick attempts; and when the peers still believe that this node's
// dead predecessor lives at another address, Start waits until they noticed.
func (m *Membership) Start(ctx context.Context) error {
	m.mu.Lock()
	if m.mu.state != fresh {
		m.mu.Unlock()
		return fmt.Errorf("start membership: %w", ErrClosed)
	}
	m.mu.state = starting
	m.wg.Add(1)
	m.mu.Unlock()
	defer m.wg.Done()

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(m.run, func() { stop(ErrClosed) })()

	j, err := m.enter(ctx)
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	m.mu.Lock()
	if err == nil && m.mu.state == closed {
		err = ErrClosed
	}
	if err != nil {
		m.mu.state = closed
		m.mu.Unlock()
		m.shutdown()
		return fmt.Errorf("start membership: %w", err)
	}
	m.mu.state = running
	m.wg.Add(1)
	m.mu.Unlock()
	go func() {
		defer m.wg.Done()
		defer close(m.looped)
		j.run(m.run)
	}()
	return nil
}

// enter opens the sockets and tries rounds until it is clear whether this node
// may stay.
func (m *Membership) enter(ctx context.Context) (*rejoin, error) {
	if err := m.open(); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, m.transport.hush)()
	j := &rejoin{
		m:    m,
		adm:  &admission{name: m.cfg.Name, cluster: m.cfg.Cluster, nameWait: m.timing.nameWait},
		pace: newPace(quiet),
		told: make(map[string]Member),
	}
	for {
		r := m.tryRound(ctx)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		v, err := j.adm.judge(time.Now(), r)
		switch v {
		case failed:
			return nil, err
		case admitted:
			j.admit()
		}
		if v != again {
			j.logRound(r)
			return j, nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(m.timing.retryMin):
		}
	}
}

// open starts memberlist.
func (m *Membership) open() error {
	logger := m.logs.logger()
	nt, err := openSockets(m.cfg.BindAddr, m.cfg.BindPort, logger)
	if err != nil {
		return err
	}
	m.port = uint16(nt.GetAutoBindPort())
	addr := net.JoinHostPort(m.cfg.AdvertiseAddr, strconv.Itoa(int(m.port)))
	if ap, err := netip.ParseAddrPort(addr); err == nil {
		addr = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()).String()
	}
	m.namesake = &namesake{name: m.cfg.Name, addr: addr, admitted: &m.admitted}
	var base memberlist.NodeAwareTransport = nt
	if m.cfg.wrap != nil {
		base = m.cfg.wrap(base)
	}
	m.transport = newTransport(base, nt.cancel)

	c := m.timing.config()
	c.Name = m.cfg.Name
	c.Label = m.cfg.Cluster
	c.Transport = m.transport
	c.BindAddr, c.BindPort = m.cfg.BindAddr, int(m.port)
	// Always explicit: left to itself memberlist may choose an IPv6 address
	// or run other programs to find one.
	c.AdvertiseAddr, c.AdvertisePort = m.cfg.AdvertiseAddr, int(m.port)
	c.SecretKey = m.cfg.Key
	c.Delegate = nodeDelegate{meta: m.meta}
	c.Events = eventDelegate{roster: m.roster}
	c.Alive = aliveDelegate{roster: m.roster}
	c.Merge = mergeDelegate{namesake: m.namesake}
	c.Ping = newPingDelegate(m.cfg.Incarnation, m.roster)
	c.Logger = logger
	list, err := memberlist.Create(c)
	if err != nil {
		_ = m.transport.Shutdown() // the first error is the one to tell
		return fmt.Errorf("start gossip on %s: %w", addr, err)
	}
	m.list = list
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mu.addr = addr
	return nil
}
