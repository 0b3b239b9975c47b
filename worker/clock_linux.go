package worker

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"pikv/store"
)

// newClock returns a monotonic clock that goes on while the machine sleeps
// (CLOCK_BOOTTIME), which Go's own does not: a lease must not seem to last
// because its holder was suspended. It starts at 1, since 0 is "never". Safe
// for concurrent use.
func newClock() func() store.Instant {
	began, ok := boottime()
	if !ok { // a kernel, or a sandbox, without it
		began := time.Now()
		return func() store.Instant { return store.Instant(time.Since(began)) + 1 }
	}
	return func() store.Instant {
		now, _ := boottime()
		return store.Instant(now-began) + 1
	}
}

// boottime reads the clock in nanoseconds. The call never blocks, so the
// scheduler need not hear of it: that saves a third of the time.
func boottime() (ns int64, ok bool) {
	var t unix.Timespec // 32-bit fields on 32-bit systems, as this call has there
	_, _, errno := unix.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_BOOTTIME, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano(), errno == 0
}
