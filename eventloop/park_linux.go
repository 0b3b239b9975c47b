package eventloop

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// parking waits for an epoll instance as a goroutine and not as a thread: the
// runtime's poller watches the instance itself. With one processor that is better: a
// thread that sleeps in the kernel keeps it from all other goroutines, even from
// those for which bytes have arrived, until the runtime notices.
type parking struct {
	file *os.File
	raw  syscall.RawConn
	look func(fd uintptr) bool // made once: a closure per wait would be garbage
	n    int                   // what look has found
	err  error
}

// park makes wait park the goroutine from now on. It may not be possible.
func (p *poll) park() {
	if unix.SetNonblock(p.fd, true) != nil { // which tells os.NewFile that it can be watched
		return
	}
	w := &parking{file: os.NewFile(uintptr(p.fd), "epoll")}
	p.file = w.file // which owns the descriptor now
	var err error
	if w.raw, err = w.file.SyscallConn(); err != nil || w.file.SetReadDeadline(time.Time{}) != nil {
		return
	}
	w.look = func(fd uintptr) bool {
		w.n, w.err = unix.EpollWait(int(fd), p.events[:], 0)
		return w.n != 0
	}
	p.parking = w
}

// wait returns how many events there are. It waits for at most timeout milliseconds,
// or for ever if that is negative.
func (w *parking) wait(timeout int) (n int, err error) {
	if timeout > 0 {
		deadline := time.Now().Add(time.Duration(timeout) * time.Millisecond)
		if err := w.file.SetReadDeadline(deadline); err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, w.file.SetReadDeadline(time.Time{})) }()
	}
	w.n = 0
	if err := w.raw.Read(w.look); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, err
	}
	return w.n, w.err
}
