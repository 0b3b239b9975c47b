//go:build (linux || darwin || freebsd || netbsd || openbsd) && !race

package store

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poison says that what is given back is overwritten; see mapping_heap.go.
const poison = false

// mapPages maps n bytes of anonymous memory, a multiple of the page size. Like
// Go's own allocator it ends the process when the system has none left: the
// limit of Memory is there to prevent that.
func mapPages(n int) []byte {
	start, err := unix.MmapPtr(-1, 0, nil, uintptr(n), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		panic(fmt.Sprintf("store: map %d bytes of memory: %v", n, err))
	}
	return unsafe.Slice((*byte)(start), n)
}

// mapAligned maps n bytes at a multiple of n, which must be a power of two. One
// mapping is mostly put right below the last, and then is aligned as that is.
func mapAligned(n int) []byte {
	data := mapPages(n)
	if misplaced(data) == 0 {
		return data
	}
	unmapPages(data)
	data = mapPages(2 * n)
	before := (n - misplaced(data[:n])) % n
	if before > 0 {
		unmapPages(data[:before])
	}
	unmapPages(data[before+n:])
	return data[before : before+n : before+n]
}

// misplaced is how far data begins behind a multiple of its length.
func misplaced(data []byte) int {
	return int(uintptr(unsafe.Pointer(&data[0])) & uintptr(len(data)-1))
}

// unmapPages gives memory and addresses of whole pages back.
func unmapPages(data []byte) {
	if unix.MunmapPtr(unsafe.Pointer(&data[0]), uintptr(len(data))) != nil {
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
