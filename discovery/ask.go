package discovery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
)

// How long is waited for answers. A node on a wire answers within milliseconds; a
// radio that sleeps may miss the first question.
const (
	patience = 500 * time.Millisecond // for the first answer
	grace    = 150 * time.Millisecond // for others after the first, by who is in a hurry
	again    = 200 * time.Millisecond // the question is put a second time after this
)

// What is kept and read at most, whoever answers.
const (
	maxNodes   = 256
	maxPackets = 1024
)

// ErrNoInterface is wrapped by Ask when there is no network on which to ask.
var ErrNoInterface = errors.New("no network interface for multicast")

var group = &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}

// Ask asks on all interfaces which nodes there are: masters alone, or all. It
// returns each that answered once, in the order of the answers, at most 256; none
// is no error. It takes half a second when nobody answers, or if it is patient: who
// acts on there being one answer only must give the others time.
func Ask(ctx context.Context, masters, patient bool) ([]Node, error) {
	found, err := links(netip.Addr{})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, ErrNoInterface
	}
	packet, err := question(masters).Pack()
	if err != nil {
		return nil, fmt.Errorf("make a question: %w", err)
	}
	a := &asking{packet: packet, seen: make(map[Node]bool), first: make(chan struct{})}
	var failed []error
	for _, l := range found {
		if err := a.open(l); err != nil {
			failed = append(failed, fmt.Errorf("ask on %s: %w", l.device.Name, err))
		}
	}
	if len(a.conns) == 0 {
		return nil, fmt.Errorf("%w: %w", ErrNoInterface, errors.Join(failed...))
	}
	a.wait(ctx, patient)
	return a.nodes, ctx.Err()
}

// asking is one call of Ask.
type asking struct {
	packet []byte
	conns  []*net.UDPConn
	read   sync.WaitGroup
	first  chan struct{} // closed with the first node

	mu struct {
		sync.Mutex
		packets int
	}
	nodes []Node // guarded by mu until all have read
	seen  map[Node]bool
}

// open makes a socket that asks on one interface: whatever routes there are, and
// though the machine may have none for multicast.
func (a *asking) open(l link) error {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: l.addr().AsSlice()})
	if err != nil {
		return err
	}
	if err := ipv4.NewPacketConn(conn).SetMulticastInterface(&l.device); err != nil {
		_ = conn.Close() // nothing is written that could be lost
		return err
	}
	if _, err := conn.WriteToUDP(a.packet, group); err != nil {
		_ = conn.Close() // nothing is written that could be lost
		return err
	}
	a.conns = append(a.conns, conn)
	a.read.Go(func() { a.listen(conn, l) })
	return nil
}

// wait lets the answers come in, and ends the reading.
func (a *asking) wait(ctx context.Context, patient bool) {
	end := time.NewTimer(patience)
	defer end.Stop()
	repeat := time.NewTimer(again)
	defer repeat.Stop()
	first := a.first
	for waiting := true; waiting; {
		select {
		case <-ctx.Done():
			waiting = false
		case <-end.C:
			waiting = false
		case <-first:
			first = nil
			if !patient {
				end.Reset(grace)
			}
		case <-repeat.C:
			for _, conn := range a.conns {
				_, _ = conn.WriteToUDP(a.packet, group) // the first went out; this one is for those who missed it
			}
		}
	}
	for _, conn := range a.conns {
		_ = conn.Close() // nothing is written that could be lost
	}
	a.read.Wait()
}

// listen reads answers until the socket is closed. Those from elsewhere than the
// interface's own networks, or not from the port of multicast DNS, are none (RFC 6762,
// sections 6 and 11). That keeps out who is beyond a router and who answers from a port
// that came its way. Any program on a neighbour can still make up a cluster: the port
// is no privileged one, and sockets may share it. A gossip key is what keeps those out.
func (a *asking) listen(conn *net.UDPConn, l link) {
	buf := make([]byte, maxPacket)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		packet := buf[:n]
		if int(from.Port()) != group.Port || !l.has(from.Addr().Unmap()) {
			packet = nil // it counts as read
		}
		if !a.take(packet) {
			return
		}
	}
}

// take adds what a packet tells; false when enough has been read.
func (a *asking) take(packet []byte) bool {
	nodes, err := parseAnswer(packet)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mu.packets++
	if err == nil {
		for _, n := range nodes {
			if a.seen[n] || len(a.nodes) == maxNodes {
				continue
			}
			a.seen[n] = true
			a.nodes = append(a.nodes, n)
			if len(a.nodes) == 1 {
				close(a.first)
			}
		}
	}
	return a.mu.packets < maxPackets
}
