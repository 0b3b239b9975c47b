//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// terminalHeight is how many lines a terminal has, 0 when that is not known.
func terminalHeight(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Row)
}
