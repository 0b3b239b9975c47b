//go:build !race

package store

import (
	"testing"

	"golang.org/x/sys/unix"
)

// The kernel makes huge pages of small ones in the background, and fills their
// gaps. Not of an arena that has given pages back: they would come back, too.
func TestWhatWasGivenBackStaysGivenBack(t *testing.T) {
	a := newArena()
	defer unmapPages(a.data)
	a.enlarge()
	a.take(arenaGranules)
	for i := 0; i < arenaSize; i += granule {
		a.data[i] = 1
	}
	if err := unix.Madvise(a.data, unix.MADV_COLLAPSE); err != nil {
		t.Skip("this kernel makes no huge pages when it is told to: ", err)
	}
	if err := unix.Madvise(a.data, 12345); err == nil {
		t.Skip("no kernel, but an emulator of one, which passes over what it is told of pages")
	}
	a.give(0, arenaGranules/2)
	a.drop(pageSize())
	if err := unix.Madvise(a.data, unix.MADV_COLLAPSE); err == nil {
		t.Error("an arena that has given back half of its pages can be made a huge page")
	}
	a.take(arenaGranules / 2)
	a.enlarge()
	if err := unix.Madvise(a.data, unix.MADV_COLLAPSE); err != nil {
		t.Errorf("it can never be one again: %v", err)
	}
}
