package discovery

import (
	"context"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/mdns"
	"go.uber.org/zap"

	"pikv/placement"
)

// lookEvery is how often a Responder looks for interfaces that have come and gone: a
// cable that is plugged in is noticed soon enough, and an idle node stays idle.
const lookEvery = 10 * time.Second

// Responder answers whoever looks for a node, on every interface that can be
// reached by multicast. NewResponder checks, Start runs, Close stops. It runs once.
// Safe for concurrent use.
type Responder struct {
	zone *zone
	bind netip.Addr
	log  *zap.Logger

	cancel context.CancelFunc
	ctx    context.Context
	loop   sync.WaitGroup

	servers map[string]*mdns.Server // by interface and address; of the loop
	told    map[string]bool         // interfaces about which something was said; of the loop
}

// NewResponder makes a Responder for a node that listens on bind, an IP address;
// unspecified means all interfaces. It opens no socket. What the node's Master is, it
// asks follows for each answer; with nil that stays. follows must not block.
func NewResponder(n Node, follows func() placement.MasterID, bind string, log *zap.Logger) (*Responder, error) {
	if err := n.validate(); err != nil {
		return nil, fmt.Errorf("answer by multicast DNS: %w", err)
	}
	ip, err := netip.ParseAddr(bind)
	if err != nil {
		return nil, fmt.Errorf("answer by multicast DNS: %w", err)
	}
	z, err := newZone(n, follows)
	if err != nil {
		return nil, err
	}
	r := &Responder{zone: z, bind: ip.Unmap(), log: log.Named("discovery"), servers: make(map[string]*mdns.Server), told: make(map[string]bool)}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r, nil
}

// Announce makes and starts a Responder for a node that others reach at the two
// addresses, each ip:port, and that follows what follows returns. The caller closes it.
func Announce(n Node, follows func() placement.MasterID, gossip, rpc, bind string, log *zap.Logger) (*Responder, error) {
	for _, a := range []struct {
		to   *netip.AddrPort
		text string
	}{{&n.Gossip, gossip}, {&n.RPC, rpc}} {
		parsed, err := netip.ParseAddrPort(a.text)
		if err != nil {
			return nil, fmt.Errorf("answer by multicast DNS: %w", err)
		}
		*a.to = netip.AddrPortFrom(parsed.Addr().Unmap(), parsed.Port())
	}
	r, err := NewResponder(n, follows, bind, log)
	if err == nil {
		r.Start()
	}
	return r, err
}

// Start begins to answer. That no interface can be used is no failure: one may
// come later, and who has the node's address needs no answer.
func (r *Responder) Start() { r.loop.Go(r.run) }

// Close stops answering and waits for the Responder's goroutine. Those in which
// the library reads its sockets end when these are closed; nobody can wait for them.
func (r *Responder) Close() {
	r.cancel()
	r.loop.Wait()
}

// run keeps one server for each interface.
func (r *Responder) run() {
	defer r.keep(nil)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		r.look()
		select {
		case <-r.ctx.Done():
			return
		case <-look.C:
		}
	}
}

// look starts servers on interfaces that have come, and stops those of interfaces
// that have gone.
func (r *Responder) look() {
	found, err := links(r.bind)
	if err != nil {
		r.say("", "no interface is known, so nobody finds this node", err)
		return
	}
	there := make(map[string]bool)
	for _, l := range found {
		name := fmt.Sprintf("%s %d %v", l.device.Name, l.device.Index, l.addr())
		there[name] = true
		if r.servers[name] != nil {
			continue
		}
		// The library calls it a success when it hears IPv6, by which nobody asks.
		if err := listens(&l.device); err != nil {
			r.say(name, "cannot answer on an interface; who looks for a node there needs its address", err)
			continue
		}
		s, err := mdns.NewServer(&mdns.Config{Zone: r.zone.door(), Iface: &l.device, Logger: stdlog.New(io.Discard, "", 0)})
		if err != nil {
			r.say(name, "cannot answer on an interface; who looks for a node there needs its address", err)
			continue
		}
		r.servers[name] = s
		r.log.Debug("answering", zap.String("interface", l.device.Name), zap.Stringer("address", l.addr()))
	}
	r.keep(there)
}

// listens reports why questions by IPv4 on an interface cannot be heard, nil if they can.
func listens(device *net.Interface) error {
	conn, err := net.ListenMulticastUDP("udp4", device, group)
	if err != nil {
		return err
	}
	return conn.Close()
}

// keep stops all servers but these.
func (r *Responder) keep(there map[string]bool) {
	for name, s := range r.servers {
		if !there[name] {
			_ = s.Shutdown() // never fails
			delete(r.servers, name)
			delete(r.told, name)
		}
	}
}

// say logs a trouble once an interface.
func (r *Responder) say(name, text string, err error) {
	if !r.told[name] {
		r.told[name] = true
		r.log.Warn(text, zap.String("interface", name), zap.Error(err))
	}
}

// Addressable reports whether a node with this address, host:port, can tell others
// of it: on loopback there is nobody to be told.
func Addressable(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && isAddress(ip.Unmap())
}
