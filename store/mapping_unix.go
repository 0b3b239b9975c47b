//go:build (linux || darwin || freebsd || netbsd || openbsd) && !race

package store

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// poison says that what is given back is overwritten; see mapping_heap.go.
const poison = false

// mapPages maps n bytes of anonymous memory, a multiple of the page size. Like
// Go's own allocator it ends the process when the system has none left: the
// limit of Memory is there to prevent that.
func mapPages(n int) []byte {
	data, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		panic(fmt.Sprintf("store: map %d bytes of memory: %v", n, err))
	}
	return data
}

// unmapPages gives back all that one mapPages has returned.
func unmapPages(data []byte) {
	if unix.Munmap(data) != nil {
		// The system is out of places to note the gap: the addresses stay
		// taken, the memory need not.
		dropPages(data)
	}
}

// dropPages gives the memory of whole pages back and keeps their addresses.
// What they held is gone.
func dropPages(data []byte) {
	_ = unix.Madvise(data, unix.MADV_DONTNEED) // it is a hint: refused, the pages stay
}

// pageSize is that of the machine: 4 KiB on most, 16 KiB on a Pi 5.
func pageSize() int { return os.Getpagesize() }
