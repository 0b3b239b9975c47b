//go:build unix && (!linux || race)

package socket

import "syscall"

// writeNow and readNow are one system call on a socket that does not block.
// To the race detector what is written happens before it is read.
func writeNow(fd uintptr, p []byte) (int, syscall.Errno) { return told(syscall.Write(int(fd), p)) }

func readNow(fd uintptr, p []byte) (int, syscall.Errno) { return told(syscall.Read(int(fd), p)) }
