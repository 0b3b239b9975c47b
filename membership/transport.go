package membership

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

// maxStreams is how many streams others may have open; more wait in the
// listener's queue.
const maxStreams = 16

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
		hush  bool // this side's own conversations have ended
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
				_ = s.Close()
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

// track registers a stream so that hush or Shutdown closes it, which it does
// itself when it comes too late for them.
func (t *transport) track(c net.Conn, tk *talk, release func()) *stream {
	s := &stream{Conn: c, talk: tk, left: maxStreamBytes}
	s.onClose = func() {
		t.mu.Lock()
		delete(t.mu.conns, s)
		t.mu.Unlock()
		release()
	}
	t.mu.Lock()
	shut := t.mu.shut || t.mu.hush && tk != nil // a dial may have ended just now
	if !shut {
		t.mu.conns[s] = true
	}
	t.mu.Unlock()
	if shut {
		_ = s.Close()
	}
	return s
}

// hush ends the conversations that this side began, and lets no more begin.
// Packets and the others' streams go on.
func (t *transport) hush() {
	t.cancelDials()
	t.mu.Lock()
	t.mu.hush = true
	t.mu.Unlock()
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
		_ = s.Close()
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
