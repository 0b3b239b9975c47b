package rpcserver

import (
	"context"
	"net"
	"sync"
	"sync/atomic"

	"go.uber.org/zap"

	"pikv/socket"
)

// Handler serves one call. ctx ends when the connection is closed, or when the
// server is and its patience has ended.
type Handler func(ctx context.Context, c *Call)

// NotifyHandler serves one notification from peer (host:port). params is the
// raw array of parameters, valid until it returns.
type NotifyHandler func(ctx context.Context, peer string, params []byte)

// HelloHandler judges whether the sender of a hello, at peer (host:port), is a
// peer; an error is the answer to one that is not. params is the raw array of
// parameters, valid until it returns.
type HelloHandler func(peer string, params []byte) error

// method is what is registered under one name.
type method struct {
	name   string
	call   Handler
	slow   bool
	many   bool // with slow: see HandleMany
	hello  HelloHandler
	notify NotifyHandler // with hello: from peers only
}

// Server accepts connections and serves calls. Register methods, then Start,
// then Close. Its methods are safe for concurrent use, except that
// registration must be over when Start is called.
type Server struct {
	cfg      Config
	methods  map[string]*method
	count    counters
	calls    sync.Pool // of *Call
	frames   framePool
	slow     atomic.Int64 // HandleSlow goroutines
	many     atomic.Int64 // of these, those of HandleMany
	warning  socket.SlowWarning
	refusals chan struct{}
	stopping chan struct{} // closed when Close begins
	gone     chan struct{} // closed when all goroutines have ended
	stopOnce sync.Once
	serving  sync.WaitGroup // accept loop and connections
	handlers sync.WaitGroup // HandleSlow goroutines

	mu struct {
		sync.Mutex
		ln    net.Listener
		conns map[*conn]struct{}
		peers int // of conns
		stop  bool
	}
}

// New makes a server. It panics when cfg makes no sense, see Config.
func New(cfg Config) *Server {
	s := &Server{
		cfg:      cfg.withDefaults(),
		methods:  make(map[string]*method),
		refusals: make(chan struct{}, maxRefusals),
		stopping: make(chan struct{}),
		gone:     make(chan struct{}),
	}
	s.calls.New = func() any { return new(Call) }
	s.mu.conns = make(map[*conn]struct{})
	return s
}

// Handle registers the handler of a method. It runs on the connection's reader
// and must not block: other calls of that connection wait for it. It may keep
// the call and reply later.
func (s *Server) Handle(name string, h Handler) { s.register(name).call = h }

// HandleSlow registers a handler that gets a goroutine of its own. It must
// have replied when it returns, and must return soon after ctx has ended.
func (s *Server) HandleSlow(name string, h Handler) {
	m := s.register(name)
	m.call, m.slow = h, true
}

// HandleMany is HandleSlow for methods that anybody may call very often. They, and
// calls that are handed on by Call.Slow, leave half of the places to the other methods,
// by which the nodes keep their cluster together.
func (s *Server) HandleMany(name string, h Handler) {
	s.HandleSlow(name, h)
	s.methods[name].many = true
}

// HandleNotify registers the handler of a notification. It runs on the
// connection's reader and must not block.
func (s *Server) HandleNotify(name string, h NotifyHandler) { s.method(name).notify = h }

// register makes room for a call handler; two for one name are a bug.
func (s *Server) register(name string) *method {
	m := s.method(name)
	if m.call != nil || m.hello != nil {
		panic("rpcserver: two handlers for " + name)
	}
	return m
}

func (s *Server) method(name string) *method {
	m := s.methods[name]
	if m == nil {
		m = &method{name: name}
		s.methods[name] = m
	}
	return m
}

// Start serves the connections of ln, which the server owns from now on.
func (s *Server) Start(ln net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.stop {
		ln.Close()
		return
	}
	s.mu.ln = ln
	s.serving.Go(func() { socket.Accept(ln, s.stopping, s.admit, s.cannotAccept) })
}

// Addr is the address that the server listens on, nil before Start.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.ln == nil {
		return nil
	}
	return s.mu.ln.Addr()
}

// Stopping is closed when Close begins. A slow handler that waits for
// something to happen answers now with what it has.
func (s *Server) Stopping() <-chan struct{} { return s.stopping }

func (s *Server) isStopping() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

// cannotAccept logs the first failure to accept of several.
func (s *Server) cannotAccept(err error) {
	s.cfg.Log.Error("no connection can be accepted; trying again", zap.Error(err))
}

// tooSlow counts a connection that is closed because its peer takes too little.
func (s *Server) tooSlow(peer string) {
	n := s.count.tooSlow.Add(1)
	if s.warning.Due() {
		s.cfg.Log.Warn("a client takes its replies too slowly, and is cut off", zap.String("client", peer), zap.Int64("cut off so far", n))
	}
}

// admit serves nc, or refuses it when there are too many.
func (s *Server) admit(nc net.Conn) {
	if err := socket.DetectDeadPeer(nc, s.cfg.DeadPeer); err != nil {
		s.cfg.Log.Debug("set keepalive", zap.Error(err))
	}
	if err := socket.LimitUnsent(nc); err != nil {
		s.cfg.Log.Debug("limit what the kernel keeps", zap.Error(err))
	}
	s.mu.Lock()
	stop, full := s.mu.stop, len(s.mu.conns)-s.mu.peers >= s.cfg.MaxConns
	var c *conn
	if !stop && !full {
		c = newConn(s, nc)
		s.mu.conns[c] = struct{}{}
	}
	s.mu.Unlock()
	switch {
	case c != nil:
		s.count.accepted.Add(1)
		s.serving.Go(c.serve)
	case stop:
		nc.Close()
	default:
		s.refuse(nc)
	}
}

// remove forgets a connection that has ended.
func (s *Server) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock() // under it both, or its calls would be missing for a moment
	delete(s.mu.conns, c)
	if c.greeted {
		s.mu.peers--
	}
	s.count.calls.Add(c.calls.Load())
}
