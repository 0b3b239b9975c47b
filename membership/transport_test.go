package membership

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"
	"github.com/stretchr/testify/require"
)

// pipes is a base transport whose streams come from the test.
type pipes struct {
	memberlist.NodeAwareTransport
	ch    chan net.Conn
	dials chan net.Conn
}

func (p *pipes) StreamCh() <-chan net.Conn { return p.ch }
func (p *pipes) Shutdown() error           { return nil }
func (p *pipes) DialAddressTimeout(memberlist.Address, time.Duration) (net.Conn, error) {
	return <-p.dials, nil
}

func newPipes(t *testing.T) (*pipes, *transport) {
	p := &pipes{ch: make(chan net.Conn), dials: make(chan net.Conn, 8)}
	tr := newTransport(p, func() {})
	t.Cleanup(func() { require.NoError(t, tr.Shutdown()) })
	return p, tr
}

func TestTransportBoundsStreams(t *testing.T) {
	p, tr := newPipes(t)
	var taken []net.Conn
	for range maxStreams {
		c, _ := net.Pipe()
		p.ch <- c
		taken = append(taken, <-tr.StreamCh())
	}
	c, far := net.Pipe()
	p.ch <- c
	select {
	case <-tr.StreamCh():
		t.Fatal("one stream too many")
	case <-time.After(20 * time.Millisecond):
	}
	taken[0].Close()
	taken[0].Close()
	taken = append(taken[1:], <-tr.StreamCh())

	// Shutdown closes what is open and what still waits.
	c, waiting := net.Pipe()
	p.ch <- c
	require.NoError(t, tr.Shutdown())
	require.NoError(t, tr.Shutdown(), "twice")
	for _, f := range []net.Conn{far, waiting} {
		_, err := f.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
	}
	_, err := taken[0].Write([]byte("x"))
	require.ErrorIs(t, err, io.ErrClosedPipe)
	c, far = net.Pipe()
	p.dials <- c
	late, err := tr.DialTimeout("10.0.0.1:1", time.Second)
	require.NoError(t, err)
	_, err = late.Write([]byte("x"))
	require.ErrorIs(t, err, io.ErrClosedPipe, "closed at once")
	far.Close()
}

func TestTransportBoundsBytes(t *testing.T) {
	p, tr := newPipes(t)
	c, far := net.Pipe()
	p.ch <- c
	s := <-tr.StreamCh()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for buf := make([]byte, 1<<20); ; {
			if _, err := far.Write(buf); err != nil {
				return
			}
		}
	}()
	n, err := io.Copy(io.Discard, s)
	require.ErrorIs(t, err, errStreamTooLong)
	require.EqualValues(t, maxStreamBytes, n)
	s.Close()
	<-done
}

func TestHushEndsOwnConversationsOnly(t *testing.T) {
	p, tr := newPipes(t)
	c, _ := net.Pipe()
	p.ch <- c
	theirs := <-tr.StreamCh()
	c, _ = net.Pipe()
	p.dials <- c
	_, done := tr.listen("10.0.0.1:1")
	defer done()
	ours, err := tr.DialTimeout("10.0.0.1:1", time.Second)
	require.NoError(t, err)
	tr.hush()
	_, err = ours.Write([]byte("x"))
	require.ErrorIs(t, err, io.ErrClosedPipe)

	// The dial was over, and nobody had noted the stream yet.
	c, _ = net.Pipe()
	p.dials <- c
	late, err := tr.DialTimeout("10.0.0.1:1", time.Second)
	require.NoError(t, err)
	_, err = late.Write([]byte("x"))
	require.ErrorIs(t, err, io.ErrClosedPipe)
	require.NoError(t, theirs.SetDeadline(time.Now()), "still open")
}
