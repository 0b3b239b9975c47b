package membership

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"
	"github.com/stretchr/testify/require"

	"pikv/testcluster/leaks"
	"pikv/testcluster/own"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// soon is how long tests wait for what must happen: far beyond what it takes.
const soon = 20 * time.Second

// config returns a valid configuration on loopback.
func config(t testing.TB, name string, join ...string) Config {
	t.Helper()
	return Config{
		Name:        name,
		Role:        RoleWorker,
		Incarnation: rand.Uint64() | 1,
		Cluster:     own.Cluster(t),
		BindAddr:    "127.0.0.1",
		RPCAddr:     "127.0.0.1:7700",
		Capacity:    1 << 20,
		Profile:     ProfileLocal,
		Join:        join,
	}
}

// patient is config with a second's patience replaced by several: for nodes of
// which a test expects that they wait for a seed, or hear it out.
func patient(t *testing.T, name string, join ...string) Config {
	t.Helper()
	cfg := config(t, name, join...)
	cfg.Profile = ProfileWiFi
	return cfg
}

// newNode makes a node that is closed at the end of the test.
func newNode(t *testing.T, cfg Config) *Membership {
	t.Helper()
	m, err := New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { m.Close() })
	return m
}

// start makes and starts a node.
func start(t *testing.T, cfg Config) *Membership {
	t.Helper()
	m := newNode(t, cfg)
	require.NoError(t, m.Start(t.Context()))
	return m
}

// eventually polls until cond holds.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	require.Eventually(t, cond, soon, 5*time.Millisecond, what)
}

// names of the nodes that m sees.
func names(m *Membership) []string {
	var ns []string
	for _, n := range m.Members() {
		ns = append(ns, n.Name)
	}
	return ns
}

// seen waits until every one of ms sees exactly the given names.
func seen(t *testing.T, want []string, ms ...*Membership) {
	t.Helper()
	deadline := time.Now().Add(soon)
	for _, m := range ms {
		for !slices.Equal(names(m), want) {
			if time.Now().After(deadline) {
				t.Fatalf("%s sees %v, want %v", m.cfg.Name, names(m), want)
			}
			select {
			case <-m.Changed():
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
}

// find returns what m knows of a node.
func find(m *Membership, name string) (Member, bool) {
	for _, n := range m.Members() {
		if n.Name == name {
			return n, true
		}
	}
	return Member{}, false
}

// sees waits until m knows the incarnation of a node at an address.
func sees(t *testing.T, m *Membership, other *Membership) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s sees this start of %s", m.cfg.Name, other.cfg.Name), func() bool {
		n, ok := find(m, other.cfg.Name)
		return ok && n.Incarnation == other.cfg.Incarnation && n.GossipAddr == other.GossipAddr()
	})
}

func portOf(t *testing.T, m *Membership) int {
	t.Helper()
	a, err := net.ResolveUDPAddr("udp", m.GossipAddr())
	require.NoError(t, err)
	return a.Port
}

// network is a set of nodes between which packets and streams can be cut.
type network struct {
	mu    sync.Mutex
	sides map[string]int // by gossip address; packets pass within a side
}

func newNetwork() *network { return &network{sides: make(map[string]int)} }

// cut separates the given nodes from all others.
func (n *network) cut(ms ...*Membership) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, m := range ms {
		n.sides[m.GossipAddr()] = 1
	}
}

func (n *network) heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	clear(n.sides)
}

// wrap is a Config.wrap.
func (n *network) wrap(base memberlist.NodeAwareTransport) memberlist.NodeAwareTransport {
	return &faulty{NodeAwareTransport: base, net: n}
}

// faulty drops what leaves towards another side.
type faulty struct {
	memberlist.NodeAwareTransport
	net *network

	mu   sync.Mutex
	self string // advertised address, known from FinalAdvertiseAddr
}

func (f *faulty) FinalAdvertiseAddr(ip string, port int) (net.IP, int, error) {
	f.mu.Lock()
	f.self = net.JoinHostPort(ip, fmt.Sprint(port))
	f.mu.Unlock()
	return f.NodeAwareTransport.FinalAdvertiseAddr(ip, port)
}

func (f *faulty) blocked(to string) bool {
	f.mu.Lock()
	self := f.self
	f.mu.Unlock()
	f.net.mu.Lock()
	defer f.net.mu.Unlock()
	return f.net.sides[self] != f.net.sides[to]
}

func (f *faulty) WriteToAddress(b []byte, a memberlist.Address) (time.Time, error) {
	if f.blocked(a.Addr) {
		return time.Now(), nil
	}
	return f.NodeAwareTransport.WriteToAddress(b, a)
}

func (f *faulty) DialAddressTimeout(a memberlist.Address, timeout time.Duration) (net.Conn, error) {
	if f.blocked(a.Addr) {
		return nil, errors.New("no route to host")
	}
	return f.NodeAwareTransport.DialAddressTimeout(a, timeout)
}

// silent listens on TCP, takes connections and says nothing. It returns its address
// and a channel that holds a token once somebody has come.
func silent(t *testing.T) (addr string, called <-chan struct{}) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	token := make(chan struct{}, 1)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			select {
			case token <- struct{}{}:
			default:
			}
		}
	})
	t.Cleanup(func() {
		ln.Close()
		wg.Wait()
		for _, c := range conns {
			c.Close()
		}
	})
	return ln.Addr().String(), token
}

// nobody returns an address where nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	return ln.Addr().String()
}

// bounded is a context for calls that must end well before soon.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	t.Cleanup(cancel)
	return ctx
}
