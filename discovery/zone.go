package discovery

import (
	"fmt"
	"net"

	"github.com/hashicorp/mdns"
	"github.com/miekg/dns"
	"golang.org/x/time/rate"
)

// What a node answers at most: a packet may hold thousands of questions, and
// anybody can send one. More than a home full of nodes asks when power comes back;
// who is not answered asks again.
const (
	answersPerSecond = 20
	answersAtOnce    = 40
)

// zone has the records of one node. Safe for concurrent use.
type zone struct {
	service *mdns.MDNSService
	master  bool
	limit   *rate.Limiter
}

// newZone makes the records of n.
func newZone(n Node) (*zone, error) {
	ip := net.IP(n.Gossip.Addr().AsSlice())
	service, err := mdns.NewMDNSService(n.label(), service, domain, n.label()+"."+domain, int(n.RPC.Port()), []net.IP{ip}, n.txt())
	if err != nil {
		return nil, fmt.Errorf("make the records for multicast DNS: %w", err)
	}
	return &zone{service: service, master: n.Role == RoleMaster, limit: rate.NewLimiter(answersPerSecond, answersAtOnce)}, nil
}

var _ mdns.Zone = (*zone)(nil)

// Records answers one question, with nothing when it is about others.
func (z *zone) Records(q dns.Question) []dns.RR {
	asked := q.Name
	if asked == mastersName && z.master {
		q.Name = serviceName
	}
	records := z.service.Records(q)
	if len(records) == 0 || !z.limit.Allow() {
		return nil
	}
	if asked != q.Name {
		records[0].Header().Name = asked // the pointer to this node; the rest is about the node itself
	}
	return records
}
