package clienttest

import (
	"context"
	"fmt"
	"hash/fnv"
	"net"
	"sync"
	"time"

	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

// Node is one node of a Cluster.
type Node struct {
	Name string
	Addr string // RPC
	RESP string // what the view says of Redis clients: nothing listens there

	cluster *Cluster
	master  bool
	server  *rpcserver.Server

	mu struct {
		sync.Mutex
		conns     map[net.Conn]bool
		intercept func(r Request) Fault
		frozen    *placement.View // answers by this one; nil: by the cluster's
		requests  []Request
		count     map[string]int // requests by method
		executed  int            // requests on keys
		views     int            // how often it was asked for its view
	}
}

// Request is what a node was asked.
type Request struct {
	Method string
	Keys   []string // of the calls on keys
	Epoch  uint64   // Options.Epoch
	// The name of a write, as in wire.Options; Seqs has one for each key.
	Client, Finished, Attempt uint64
	Seqs                      []uint64
	N                         int // how many requests of this method came before
}

// Fault says how a request goes wrong. The zero value is not at all. Only calls on
// keys can go wrong.
type Fault struct {
	Err      *wire.Error     // answer with this instead
	ErrKey   string          // with Err: only this key of a batch is refused
	DropNow  bool            // close all connections, without executing
	DropDone bool            // execute, then close all connections instead of answering
	Hang     bool            // never answer, not even when the connection is closed
	Wait     <-chan struct{} // execute once it is closed
}

// Intercept has f decide how each request from now on goes wrong.
func (n *Node) Intercept(f func(r Request) Fault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mu.intercept = f
}

// Freeze leaves the node with the view that it has now; Thaw ends that.
func (n *Node) Freeze() { n.setFrozen(n.cluster.View()) }

// Thaw gives the node the view in force, now and later.
func (n *Node) Thaw() { n.setFrozen(nil) }

func (n *Node) setFrozen(v *placement.View) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mu.frozen = v
}

// Requests returns what the node was asked on keys so far.
func (n *Node) Requests() []Request {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]Request(nil), n.mu.requests...)
}

// Executed returns how many requests on keys the node has executed.
func (n *Node) Executed() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.mu.executed
}

// Views returns how often the node was asked for its view.
func (n *Node) Views() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.mu.views
}

// Conns returns the number of open connections.
func (n *Node) Conns() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.mu.conns)
}

// Drop closes all connections of the node at once.
func (n *Node) Drop() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for c := range n.mu.conns {
		c.Close()
	}
}

// Kill stops the node as kill -9 would: new connections are refused.
func (n *Node) Kill() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = n.server.Close(ctx) // its calls in flight are cut off on purpose
}

// inc derives the node's incarnation from its name.
func (n *Node) inc() placement.Incarnation {
	h := fnv.New64a()
	h.Write([]byte(n.Name))
	return placement.Incarnation(h.Sum64())
}

// view is what the node answers by.
func (n *Node) view() *placement.View {
	n.mu.Lock()
	frozen := n.mu.frozen
	n.mu.Unlock()
	if frozen != nil {
		return frozen
	}
	return n.cluster.View()
}

func startNode(c *Cluster, name string, master bool) (*Node, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", name, err)
	}
	n := &Node{
		Name: name, Addr: ln.Addr().String(), cluster: c, master: master,
		server: rpcserver.New(rpcserver.Config{Linger: time.Millisecond}),
	}
	n.mu.conns = make(map[net.Conn]bool)
	n.mu.count = make(map[string]int)
	n.register()
	n.server.Start(&listener{ln, n})
	return n, nil
}

// listener lets the node know its connections.
type listener struct {
	net.Listener
	n *Node
}

// Accept returns the next connection.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.n.mu.Lock()
	l.n.mu.conns[c] = true
	l.n.mu.Unlock()
	return &conn{c, l.n}, nil
}

// conn tells the node when it is closed.
type conn struct {
	net.Conn
	n *Node
}

// Close closes the connection.
func (c *conn) Close() error {
	c.n.mu.Lock()
	delete(c.n.mu.conns, c.Conn)
	c.n.mu.Unlock()
	return c.Conn.Close()
}
