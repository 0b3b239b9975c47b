package membership

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// Member is a live node as its gossip describes it. Gossip is a hint: a node
// listed here may just have died, and one that is missing may live.
type Member struct {
	Name        string
	Role        Role
	Incarnation uint64 // drawn anew at each start of the node
	RPCAddr     string // host:port of its RPC server
	RESPAddr    string // host:port where it speaks Redis' protocol, "" for nowhere
	GossipAddr  string // ip:port
	Capacity    int64  // bytes of memory for data
	Spare       bool   // it was started to be given nothing until it is activated
}

// Bounds of what the network can make a node keep; a cluster has a hundred
// nodes or so.
const (
	maxMembers = 1024 // live members; further names are not let in
	maxKnown   = 256  // remembered addresses
)

// roster holds the live members and remembers every address that ever was
// one's, so that the lost can be looked for. Its methods are called while
// memberlist holds its own lock: they are short and call nobody.
// Safe for concurrent use.
type roster struct {
	self string // this node's name

	changed chan struct{} // size 1: for the user
	wake    chan struct{} // size 1: for the rejoin loop

	mu struct {
		sync.Mutex
		closed  bool
		live    map[string]Member // by name
		known   map[string]known  // by gossip address; live ones and lost ones, never self
		seen    uint64            // counts sightings, to tell old from new in known
		restart map[string]bool   // gossip addresses that answered with an unexpected incarnation
		master  bool              // there has been one
	}
}

// known is a remembered address.
type known struct {
	name string // of the node last seen there
	seen uint64 // when, by roster.mu.seen
}

func newRoster(self string) *roster {
	r := &roster{
		self:    self,
		changed: make(chan struct{}, 1),
		wake:    make(chan struct{}, 1),
	}
	r.mu.live = make(map[string]Member)
	r.mu.known = make(map[string]known)
	r.mu.restart = make(map[string]bool)
	return r
}

// room reports whether one more node of this name can be taken.
func (r *roster) room(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.mu.live[name]
	return ok || len(r.mu.live) < maxMembers
}

// put takes a node that joined or changed.
func (r *roster) put(n Member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mu.closed {
		return
	}
	if r.mu.live[n.Name] == n {
		return
	}
	r.mu.live[n.Name] = n
	r.mu.master = r.mu.master || n.Role == RoleMaster
	delete(r.mu.restart, n.GossipAddr)
	if n.Name != r.self {
		r.rememberLocked(n)
	}
	r.signalLocked()
}

// remove takes a node that died or left.
func (r *roster) remove(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.mu.live[name]; !ok || r.mu.closed {
		return
	}
	delete(r.mu.live, name)
	r.signalLocked()
}

// rememberLocked notes the node's address, and drops where it was before: a
// node that moved is not to be looked for at its old place.
func (r *roster) rememberLocked(n Member) {
	r.mu.seen++
	for addr, k := range r.mu.known {
		if k.name == n.Name && addr != n.GossipAddr {
			delete(r.mu.known, addr)
		}
	}
	r.mu.known[n.GossipAddr] = known{name: n.Name, seen: r.mu.seen}
	if len(r.mu.known) <= maxKnown {
		return
	}
	oldest, found := "", false
	for addr, k := range r.mu.known {
		if l, ok := r.mu.live[k.name]; ok && l.GossipAddr == addr {
			continue
		}
		if !found || k.seen < r.mu.known[oldest].seen {
			oldest, found = addr, true
		}
	}
	if !found {
		oldest = n.GossipAddr // all are live: nothing needs to be remembered yet
	}
	delete(r.mu.known, oldest)
}

// answered compares the incarnation in a ping's answer with the gossiped one.
// They differ when the node restarted at the same address and nobody told.
func (r *roster) answered(name string, incarnation uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, ok := r.mu.live[name]
	if !ok || r.mu.closed || n.Incarnation == incarnation || r.mu.restart[n.GossipAddr] {
		return
	}
	r.mu.restart[n.GossipAddr] = true
	signal(r.wake)
}

// takeRestarted returns the addresses that answered() found, and forgets them.
func (r *roster) takeRestarted() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var addrs []string
	for a := range r.mu.restart {
		addrs = append(addrs, a)
	}
	clear(r.mu.restart)
	return addrs
}

// lost returns up to limit remembered addresses where no live node is, in
// random order, so that a long list gets its turn bit by bit.
func (r *roster) lost(limit int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var addrs []string
	alive := r.addrsLocked()
	for addr := range r.mu.known {
		if !alive[addr] {
			addrs = append(addrs, addr)
		}
	}
	rand.Shuffle(len(addrs), func(i, j int) { addrs[i], addrs[j] = addrs[j], addrs[i] })
	return addrs[:min(limit, len(addrs))]
}

// aliveAt returns the gossip addresses of the live nodes, without this one.
func (r *roster) aliveAt() map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.addrsLocked()
}

func (r *roster) addrsLocked() map[string]bool {
	addrs := make(map[string]bool, len(r.mu.live))
	for _, n := range r.mu.live {
		if n.Name != r.self {
			addrs[n.GossipAddr] = true
		}
	}
	return addrs
}

// hadMaster reports whether a master has been alive.
func (r *roster) hadMaster() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.master
}

// members returns the live nodes sorted by name.
func (r *roster) members() []Member {
	r.mu.Lock()
	defer r.mu.Unlock()
	ms := make([]Member, 0, len(r.mu.live))
	for _, n := range r.mu.live {
		ms = append(ms, n)
	}
	slices.SortFunc(ms, func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
	return ms
}

// close freezes the roster: memberlist's last timers may still call in.
func (r *roster) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.closed = true
}

func (r *roster) signalLocked() {
	signal(r.changed)
	signal(r.wake)
}

// signal leaves a token in a size-1 channel without ever blocking.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
