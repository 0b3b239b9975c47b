//go:build !linux

package socket

// setThreshold does nothing: whether the runtime's poller minds a threshold is
// known of Linux only.
func setThreshold(uintptr, int) {}
