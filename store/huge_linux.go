//go:build !race

package store

import "golang.org/x/sys/unix"

// hugePages asks for huge pages, which a machine of several levels of page
// tables finds with far fewer steps. They are taken whole when one byte is
// written.
func hugePages(data []byte) {
	_ = unix.Madvise(data, unix.MADV_HUGEPAGE) // a kernel without them refuses
}

// smallPages takes that back.
func smallPages(data []byte) {
	_ = unix.Madvise(data, unix.MADV_NOHUGEPAGE)
}
