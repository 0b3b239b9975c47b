package discovery

import (
	"fmt"
	"net"
	"sync"

	"github.com/hashicorp/mdns"
	"github.com/miekg/dns"
	"golang.org/x/time/rate"

	"pikv/placement"
)

// What a node answers at most on an interface: a packet may hold thousands of
// questions, and anybody can send one. More than a home full of nodes asks when power
// comes back; who is not answered asks again.
const (
	answersPerSecond = 20
	answersAtOnce    = 40
)

// zone has the records of one node. Safe for concurrent use.
type zone struct {
	node    Node
	follows func() placement.MasterID // what the node's Master is now; nil when it stays

	mu      sync.Mutex
	service *mdns.MDNSService // of node as it is; both guarded by mu
}

// newZone makes the records of n, whose Master is what follows returns, if there is one.
func newZone(n Node, follows func() placement.MasterID) (*zone, error) {
	z := &zone{node: n, follows: follows}
	return z, z.make()
}

// make makes the records of the node as it is. They are told for as long as they are
// right: nobody keeps them.
func (z *zone) make() error {
	n := z.node
	ip := net.IP(n.Gossip.Addr().AsSlice())
	s, err := mdns.NewMDNSService(n.label(), service, domain, n.label()+"."+domain, int(n.RPC.Port()), []net.IP{ip}, n.txt())
	if err != nil {
		return fmt.Errorf("make the records for multicast DNS: %w", err)
	}
	z.service = s
	return nil
}

// current returns the records as they are now.
func (z *zone) current() *mdns.MDNSService {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.follows != nil {
		if id := z.follows(); id != z.node.Master {
			z.node.Master = id
			_ = z.make() // it differs from one that was made by digits
		}
	}
	return z.service
}

// door answers questions that come in on one interface. Each has an allowance of its
// own: who asks by cable and by radio, of one who listens on both, asks four times.
type door struct {
	zone  *zone
	limit *rate.Limiter
}

func (z *zone) door() *door {
	return &door{zone: z, limit: rate.NewLimiter(answersPerSecond, answersAtOnce)}
}

var _ mdns.Zone = (*door)(nil)

// Records answers one question, with nothing when it is about others.
func (d *door) Records(q dns.Question) []dns.RR {
	asked := q.Name
	if asked == mastersName && d.zone.node.Role == RoleMaster {
		q.Name = serviceName
	}
	records := d.zone.current().Records(q)
	if len(records) == 0 || !d.limit.Allow() {
		return nil
	}
	if asked != q.Name {
		records[0].Header().Name = asked // the pointer to this node; the rest is about the node itself
	}
	return records
}
