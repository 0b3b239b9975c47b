package lan

import (
	"fmt"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Enter runs f on the host: sockets that f itself opens are the host's, and
// stay it. What f starts in other goroutines is not on the host.
func (h *Host) Enter(f func() error) error {
	back := make(chan error, 1)
	go func() { back <- h.enter(f) }()
	return <-back
}

// enter is Enter on a goroutine of its own, since a namespace belongs to a thread.
func (h *Host) enter(f func() error) error {
	runtime.LockOSThread()
	home, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("enter %s: remember the way back: %w", h.Name, err)
	}
	defer unix.Close(home)
	there, err := unix.Open(h.file(), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("enter %s: %w", h.Name, err)
	}
	defer unix.Close(there)
	if err := unix.Setns(there, unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("enter %s: %w", h.Name, err)
	}
	err = f()
	// The thread goes back to the others only if it is one of them again. If
	// it is not it ends with this goroutine, still locked.
	if homeErr := unix.Setns(home, unix.CLONE_NEWNET); homeErr == nil {
		runtime.UnlockOSThread()
	}
	return err
}

// dieWithParent has the kernel kill cmd's process when the thread that started
// it ends: threads that ran Go code end only with the process, see enter.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
