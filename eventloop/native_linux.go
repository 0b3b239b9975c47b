package eventloop

import (
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// threads serves connections by a few loops that wait in epoll.
type threads struct {
	server *Server
	loops  []*loop
	wg     sync.WaitGroup
	end    chan struct{} // closed when all loops have ended
}

// native serves ln by loops on epoll. It returns nil for a listener that does more
// than hand out sockets.
func (s *Server) native(ln net.Listener) (engine, error) {
	tcp, ok := ln.(*net.TCPListener)
	if !ok {
		return nil, nil
	}
	fd, err := duplicate(tcp)
	if err != nil {
		return nil, err
	}
	e := &threads{server: s, end: make(chan struct{})}
	for i := range s.cfg.Loops {
		l, err := e.newLoop(i)
		if err == nil && i == 0 {
			err = l.poll.listen(fd)
			l.listener.fd = fd
		}
		if err != nil {
			unix.Close(fd)
			for _, l := range e.loops {
				l.poll.close()
			}
			return nil, err
		}
	}
	ln.Close() // the runtime needs not look for connections
	for _, l := range e.loops {
		e.wg.Go(l.run)
	}
	go func() {
		e.wg.Wait()
		for _, l := range e.loops {
			l.poll.close()
		}
		close(e.end)
	}()
	return e, nil
}

func (e *threads) gone() <-chan struct{} { return e.end }

func (e *threads) stop() { e.order(orderStop) }

func (e *threads) kill() { e.order(orderStop | orderKill) }

// order makes all loops do what o says.
func (e *threads) order(o uint32) {
	for _, l := range e.loops {
		l.orders.Or(o)
		l.rouse()
	}
}

// idlest returns the loop with the fewest connections.
func (e *threads) idlest() *loop {
	best := e.loops[0]
	for _, l := range e.loops[1:] {
		if l.load.Load() < best.load.Load() {
			best = l
		}
	}
	return best
}

// duplicate returns a descriptor of the listening socket that the caller owns.
func duplicate(ln *net.TCPListener) (fd int, err error) {
	raw, err := ln.SyscallConn()
	if err != nil {
		return -1, err
	}
	var dup error
	err = raw.Control(func(own uintptr) {
		fd, dup = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err == nil {
		err = os.NewSyscallError("duplicate listener", dup)
	}
	return fd, err
}
