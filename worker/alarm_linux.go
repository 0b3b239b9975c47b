package worker

import (
	"context"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fileAlarm is an alarm of the kernel's, which is read like a connection. In a
// process that sleeps one of Go's timers takes several wake-ups: the runtime's
// poller sleeps for whole milliseconds, and too short, and its monitor wakes for
// the timer as well and looks every 20 us whether somebody has seen to it. Its
// calls do not block, and the scheduler does not hear of them: else the monitor
// would wake for them, too.
type fileAlarm struct {
	ctx    context.Context
	file   *os.File
	stop   func() bool   // of what closes the file when ctx ends
	closed chan struct{} // by that
}

var _ alarm = (*fileAlarm)(nil)

// newAlarm returns an alarm that ends with ctx; the caller closes it.
func newAlarm(ctx context.Context) alarm {
	fd, err := unix.TimerfdCreate(unix.CLOCK_BOOTTIME, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil { // a kernel, or a sandbox, without it
		return timerAlarm{ctx}
	}
	a := &fileAlarm{ctx: ctx, file: os.NewFile(uintptr(fd), "timer"), closed: make(chan struct{})}
	a.stop = context.AfterFunc(ctx, func() {
		defer close(a.closed)
		a.file.Close()
	})
	return a
}

func (a *fileAlarm) wait(d time.Duration) bool {
	if a.ring(d) != nil {
		sleep(a.ctx, d) // ctx has ended; if it was anything else, so be it
	}
	return a.ctx.Err() == nil
}

// ring returns after d.
func (a *fileAlarm) ring(d time.Duration) error {
	raw, err := a.file.SyscallConn()
	if err != nil {
		return err
	}
	once := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(max(d, 1)))} // 0 would be never
	var failed syscall.Errno
	if err := raw.Control(func(fd uintptr) {
		_, _, failed = unix.RawSyscall6(unix.SYS_TIMERFD_SETTIME, fd, 0, uintptr(unsafe.Pointer(&once)), 0, 0, 0)
	}); err != nil {
		return err
	}
	if failed != 0 {
		return failed
	}
	var times [8]byte // how often it rang
	if err := raw.Read(func(fd uintptr) bool {
		_, _, failed = unix.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&times)), unsafe.Sizeof(times))
		return failed != unix.EAGAIN
	}); err != nil {
		return err
	}
	if failed != 0 {
		return failed
	}
	return nil
}

func (a *fileAlarm) close() {
	if a.stop() {
		a.file.Close()
		return
	}
	<-a.closed
}
