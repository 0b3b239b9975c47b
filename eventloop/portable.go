package eventloop

import (
	"net"
	"net/netip"
	"sync"

	"pikv/socket"
)

// routines serves each connection by two goroutines. A loop is a lock that they hold
// while they call handlers.
type routines struct {
	server *Server
	ln     net.Listener
	loops  []routineLoop
	wg     sync.WaitGroup
	end    chan struct{} // closed when all have ended
	quit   chan struct{} // closed by stop

	mu struct {
		sync.Mutex
		conns    map[*routineConn]struct{}
		stopping bool
	}
}

// routineLoop is what the connections of a loop share.
type routineLoop struct {
	mu     sync.Mutex // held while handlers are called
	turn   Turn
	shared []byte // what handlers get
}

// portable serves ln.
func (s *Server) portable(ln net.Listener) engine {
	e := &routines{
		server: s,
		ln:     ln,
		loops:  make([]routineLoop, s.cfg.Loops),
		end:    make(chan struct{}),
		quit:   make(chan struct{}),
	}
	e.mu.conns = make(map[*routineConn]struct{})
	for i := range e.loops {
		e.loops[i].shared = make([]byte, s.cfg.MaxPending+s.cfg.ReadSize)
	}
	e.wg.Go(e.accept)
	go func() {
		e.wg.Wait()
		close(e.end)
	}()
	return e
}

func (e *routines) gone() <-chan struct{} { return e.end }

func (e *routines) stop() {
	e.mu.Lock()
	e.mu.stopping = true
	e.mu.Unlock()
	close(e.quit)
	e.ln.Close()
	for _, c := range e.open() {
		c.interrupt()
	}
}

func (e *routines) kill() {
	for _, c := range e.open() {
		c.abort(ErrShutdown)
	}
}

// open lists the connections.
func (e *routines) open() []*routineConn {
	e.mu.Lock()
	defer e.mu.Unlock()
	conns := make([]*routineConn, 0, len(e.mu.conns))
	for c := range e.mu.conns {
		conns = append(conns, c)
	}
	return conns
}

// accept takes connections until stop is called.
func (e *routines) accept() {
	socket.Accept(e.ln, e.quit, e.adopt, e.server.cannotAccept)
}

// adopt starts the goroutines of a connection.
func (e *routines) adopt(nc net.Conn) {
	a := e.server.admit()
	if a == drop {
		nc.Close()
		return
	}
	// Both fail on a broken connection, which the first read reports.
	_ = socket.DetectDeadPeer(nc, e.server.cfg.DeadPeer)
	_ = socket.LimitUnsent(nc)
	c := &routineConn{engine: e, nc: nc, wrote: make(chan struct{})}
	c.server, c.carrier = e.server, c
	c.id = e.server.lastID.Add(1)
	c.loop = int(c.id % uint64(len(e.loops)))
	c.remote, c.local = addrPort(nc.RemoteAddr()), addrPort(nc.LocalAddr())
	c.changed.L = &c.mu
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mu.conns[c] = struct{}{}
	if e.mu.stopping { // stop did not see it
		c.abort(ErrShutdown)
	}
	e.wg.Go(func() { c.read(a) })
	e.wg.Go(c.write)
}

// forget is the end of a connection.
func (e *routines) forget(c *routineConn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.mu.conns, c)
}

// addrPort returns the address of a TCP socket, and the zero value of others.
func addrPort(a net.Addr) netip.AddrPort {
	if tcp, ok := a.(*net.TCPAddr); ok {
		p := tcp.AddrPort()
		return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
	}
	return netip.AddrPort{}
}
