package proc

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// CPU returns the processor time that a process has used, those of its threads that
// have ended included, to the nanosecond: of short runs the ticks in /proc would tell
// nothing.
func CPU(pid int) (time.Duration, error) {
	var t unix.Timespec
	var err error = unix.EINVAL
	if pid > 0 && pid <= mostPID { // 0 would be this process
		err = unix.ClockGettime(cpuClock(pid), &t)
	}
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ESRCH) {
		err = os.ErrNotExist // of processes that are not there, the kernel calls the clock wrong
	}
	if err != nil {
		return 0, fmt.Errorf("read the processor time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// mostPID is the highest number that the kernel gives to a process.
const mostPID = 1 << 22

// cpuClock is the clock of a process's time, as clock_getcpuclockid(3) makes it:
// its number inverted, above the three bits that say which of its clocks.
func cpuClock(pid int) int32 {
	const sched = 2 // what the scheduler has counted, of the whole process
	return int32(^pid<<3 | sched)
}

// ThreadCPU returns the processor time that the calling thread has used: what others take
// meanwhile is not in it. The goroutine is to be locked to its thread.
func ThreadCPU() (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0, fmt.Errorf("read the clock of this thread: %w", err)
	}
	return time.Duration(t.Nano()), nil
}
