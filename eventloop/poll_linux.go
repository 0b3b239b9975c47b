package eventloop

import (
	"encoding/binary"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Numbers that stand in an event for something else than a connection.
const (
	tokenListener = -1
	tokenWake     = -2
)

// poll is an epoll instance, and a descriptor that wakes who waits for it.
type poll struct {
	fd, wakeFD int
	events     [128]unix.EpollEvent
	file       *os.File // has fd, after park
	parking    *parking // nil: the thread waits
}

func (p *poll) open() error {
	var err error
	if p.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	if p.wakeFD, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		unix.Close(p.fd)
		return os.NewSyscallError("eventfd", err)
	}
	// Edge-triggered: each write is an event of its own, and nobody has to read it.
	if err = p.add(p.wakeFD, unix.EPOLLIN|unix.EPOLLET, tokenWake, 0); err != nil {
		p.close()
	}
	return err
}

func (p *poll) close() {
	unix.Close(p.wakeFD)
	if p.file != nil {
		p.file.Close()
	} else {
		unix.Close(p.fd)
	}
}

func (p *poll) add(fd int, events uint32, token, generation int32) error {
	ev := unix.EpollEvent{Events: events, Fd: token, Pad: generation}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &ev))
}

// connection reports everything about a socket, once each time that it happens.
func (p *poll) connection(fd int, token, generation int32) error {
	return p.add(fd, unix.EPOLLIN|unix.EPOLLOUT|unix.EPOLLRDHUP|unix.EPOLLET, token, generation)
}

// listen reports connections to accept, as long as there are some.
func (p *poll) listen(fd int) error { return p.add(fd, unix.EPOLLIN, tokenListener, 0) }

// deafen ends listen.
func (p *poll) deafen(fd int) {
	_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, fd, nil) // fails only if it is not there
}

// wait returns what has happened, waiting for it up to timeout milliseconds, or for
// ever if that is negative.
func (p *poll) wait(timeout int) ([]unix.EpollEvent, error) {
	var n int
	var err error
	if p.parking == nil || timeout == 0 {
		n, err = unix.EpollWait(p.fd, p.events[:], timeout)
	} else {
		n, err = p.parking.wait(timeout)
	}
	if errors.Is(err, unix.EINTR) {
		return nil, nil
	}
	return p.events[:max(n, 0)], os.NewSyscallError("epoll_wait", err)
}

// wake makes wait return.
func (p *poll) wake() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(p.wakeFD, one[:]) // fails only when it is full of wake-ups
}
