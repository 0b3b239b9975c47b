//go:build unix

package usage

import (
	"syscall"
	"time"
)

// Processor returns what this process has used, in its own code and in the kernel.
func Processor() (user, system time.Duration) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, 0
	}
	return time.Duration(u.Utime.Nano()), time.Duration(u.Stime.Nano())
}
