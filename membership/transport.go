package membership

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/memberlist"
)

const (
	maxStreams     = 16      // streams from others at a time; more wait in the listener's queue
	maxStreamBytes = 4 << 20 // bytes read from one stream: the full state of several thousand nodes
	bindTries      = 10      // for port 0: the free TCP port may be taken for UDP
)

// errStreamTooLong ends a stream that passes maxStreamBytes.
var errStreamTooLong = errors.New("gossip stream over the limit")

// sockets is memberlist's NetTransport with dials that can be cancelled.
type sockets struct {
	*memberlist.NetTransport
	ctx    context.Context
	cancel context.CancelFunc
}

var _ memberlist.NodeAwareTransport = (*sockets)(nil)

// openSockets listens on TCP and UDP; an occupied port is ErrPortInUse.
func openSockets(ip string, port int, logger *log.Logger) (*sockets, error) {
	tries := 1
	if port == 0 {
		tries = bindTries
	}
	var nt *memberlist.NetTransport
	var err error
	for range tries {
		nt, err = memberlist.NewNetTransport(&memberlist.NetTransportConfig{
			BindAddrs: []string{ip}, BindPort: port, Logger: logger,
		})
		if err == nil {
			ctx, cancel := context.WithCancel(context.Background())
			return &sockets{NetTransport: nt, ctx: ctx, cancel: cancel}, nil
		}
	}
	addr := net.JoinHostPort(ip, fmt.Sprint(port))
	if port != 0 && portInUse(addr) {
		return nil, fmt.Errorf("listen on %s: %w by another process: stop it or choose another gossip port", addr, ErrPortInUse)
	}
	return nil, fmt.Errorf("listen on %s: %w", addr, err)
}

// portInUse finds out why listening failed: memberlist's error has lost the
// errno, so ask the kernel again.
func portInUse(addr string) bool {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return errors.Is(err, syscall.EADDRINUSE)
	}
	defer ln.Close()
	pc, err := net.ListenPacket("udp", addr)
	if err != nil {
		return errors.Is(err, syscall.EADDRINUSE)
	}
	pc.Close()
	return false
}

// DialAddressTimeout dials until the timeout or the shutdown.
func (s *sockets) DialAddressTimeout(a memberlist.Address, timeout time.Duration) (net.Conn, error) {
	d := net.Dialer{Timeout: timeout}
	return d.DialContext(s.ctx, "tcp", a.Addr)
}

// Shutdown ends dials and closes the listeners.
func (s *sockets) Shutdown() error {
	s.cancel()
	return s.NetTransport.Shutdown()
}

// transport stands between memberlist and the sockets. It bounds the streams
// that others open, closes all streams at shutdown (memberlist would leave
// them to their deadlines), and notes how each conversation that the package
// starts went, because memberlist's errors are only text.
type transport struct {
	memberlist.NodeAwareTransport
	cancelDials context.CancelFunc

	streams chan net.Conn
	slots   chan struct{} // one token per stream that others opened
	closing chan struct{} // closed when Shutdown begins
	closed  chan struct{} // closed when no stream can come any more
	gone    chan struct{} // closed when the forwarding goroutine ended
	once    sync.Once

	mu struct {
		sync.Mutex
		shut  bool
		conns map[*stream]bool
		talks map[string]*talk // by address
	}
}

var _ memberlist.NodeAwareTransport = (*transport)(nil)

// newTransport takes over base and runs one goroutine until Shutdown.
// cancelDials ends the dials of base, those under way and all later ones.
func newTransport(base memberlist.NodeAwareTransport, cancelDials context.CancelFunc) *transport {
	t := &transport{
		NodeAwareTransport: base,
		cancelDials:        cancelDials,
		streams:            make(chan net.Conn),
		slots:              make(chan struct{}, maxStreams),
		closing:            make(chan struct{}),
		closed:             make(chan struct{}),
		gone:               make(chan struct{}),
	}
	t.mu.conns = make(map[*stream]bool)
	t.mu.talks = make(map[string]*talk)
	go t.forward()
	return t
}

// StreamCh gives memberlist the streams that found a slot.
func (t *transport) StreamCh() <-chan net.Conn { return t.streams }

// forward hands streams on as slots get free. While shutting down it goes on
// taking them, or the listener could not end.
func (t *transport) forward() {
	defer close(t.gone)
	for {
		select {
		case <-t.closed:
			return
		case c := <-t.NodeAwareTransport.StreamCh():
			select {
			case t.slots <- struct{}{}:
			case <-t.closing:
				c.Close()
				continue
			}
			s := t.track(c, nil, func() { <-t.slots })
			select {
			case t.streams <- s:
			case <-t.closing:
				s.Close()
			}
		}
	}
}

// DialTimeout is DialAddressTimeout without a name.
func (t *transport) DialTimeout(addr string, timeout time.Duration) (net.Conn, error) {
	return t.DialAddressTimeout(memberlist.Address{Addr: addr}, timeout)
}

// DialAddressTimeout dials and tracks the stream.
func (t *transport) DialAddressTimeout(a memberlist.Address, timeout time.Duration) (net.Conn, error) {
	c, err := t.NodeAwareTransport.DialAddressTimeout(a, timeout)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	tk := t.mu.talks[a.Addr]
	t.mu.Unlock()
	tk.connected()
	return t.track(c, tk, func() {}), nil
}

// listen notes what happens on streams to addr until the returned function ends it.
func (t *transport) listen(addr string) (*talk, func()) {
	tk := &talk{}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.talks[addr] = tk
	return tk, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.mu.talks, addr)
	}
}

// track registers a stream so that Shutdown closes it.
func (t *transport) track(c net.Conn, tk *talk, release func()) *stream {
	s := &stream{Conn: c, talk: tk, left: maxStreamBytes}
	s.onClose = func() {
		t.mu.Lock()
		delete(t.mu.conns, s)
		t.mu.Unlock()
		release()
	}
	t.mu.Lock()
	shut := t.mu.shut
	if !shut {
		t.mu.conns[s] = true
	}
	t.mu.Unlock()
	if shut {
		s.Close()
	}
	return s
}

// hush ends the conversations that this side began, and lets no more begin.
// Packets and the others' streams go on.
func (t *transport) hush() {
	t.cancelDials()
	t.closeStreams(func(s *stream) bool { return s.talk != nil })
}

func (t *transport) closeStreams(which func(*stream) bool) {
	t.mu.Lock()
	var chosen []*stream
	for s := range t.mu.conns {
		if which(s) {
			chosen = append(chosen, s)
		}
	}
	t.mu.Unlock()
	for _, s := range chosen {
		s.Close()
	}
}

// Shutdown closes the listeners and every stream, and waits for the
// goroutines of both transports.
func (t *transport) Shutdown() error {
	var err error
	t.once.Do(func() {
		close(t.closing)
		t.mu.Lock()
		t.mu.shut = true
		t.mu.Unlock()
		t.closeStreams(func(*stream) bool { return true })
		err = t.NodeAwareTransport.Shutdown()
		close(t.closed)
		<-t.gone
	})
	return err
}

// stream is a tracked connection. As net.Conn it is safe for concurrent use,
// except that one goroutine at a time reads.
type stream struct {
	net.Conn
	talk    *talk // nil unless the package started the conversation
	left    int   // bytes that may still be read
	once    sync.Once
	onClose func()
}

func (s *stream) Read(b []byte) (int, error) {
	if s.left <= 0 {
		return 0, errStreamTooLong
	}
	n, err := s.Conn.Read(b[:min(len(b), s.left)])
	s.left -= n
	s.talk.heard(n, err)
	return n, err
}

func (s *stream) Write(b []byte) (int, error) {
	n, err := s.Conn.Write(b)
	s.talk.heard(0, err)
	return n, err
}

func (s *stream) Close() error {
	err := s.Conn.Close()
	s.once.Do(s.onClose)
	return err
}

// talk is what is known of a conversation with one address. Its methods do
// nothing on nil. Safe for concurrent use.
type talk struct {
	mu struct {
		sync.Mutex
		dialled bool
		bytes   int  // of an answer
		hungUp  bool // the other side ended the stream
		failed  bool // a timeout or another fault of the network
	}
}

func (k *talk) connected() {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.mu.dialled = true
}

func (k *talk) heard(n int, err error) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.mu.bytes += n
	switch {
	case err == nil:
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		k.mu.hungUp = true
	default:
		k.mu.failed = true
	}
}

// outcome judges a conversation that did not end in a join.
func (k *talk) outcome() outcome {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case !k.mu.dialled || k.mu.failed:
		return unreachable
	case k.mu.bytes > 0:
		return unreadable
	case k.mu.hungUp:
		return hungUp
	default:
		return unreachable
	}
}
