package membership

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"syscall"
	"time"

	"github.com/hashicorp/memberlist"

	"pikv/socket"
)

// bindTries is for port 0: the TCP port that the kernel picks may be taken for UDP.
const bindTries = 10

// sockets is memberlist's NetTransport with dials that can be cancelled.
type sockets struct {
	*memberlist.NetTransport
	ctx    context.Context
	cancel context.CancelFunc
}

var _ memberlist.NodeAwareTransport = (*sockets)(nil)

// openSockets listens on TCP and UDP; an occupied port is *socket.PortInUse.
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
		return nil, &socket.PortInUse{Flag: socket.GossipPort, Bind: ip, Port: port}
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
