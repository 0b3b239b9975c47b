package membership

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
)

// maxStreamBytes is how much is read from one stream: the full state of
// several thousand nodes.
const maxStreamBytes = 4 << 20

// errStreamTooLong ends a stream that passes maxStreamBytes.
var errStreamTooLong = errors.New("gossip stream over the limit")

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
