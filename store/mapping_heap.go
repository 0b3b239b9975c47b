//go:build !(linux || darwin || freebsd || netbsd || openbsd) || race

package store

// The portable stand-in takes its pages from Go's heap. It serves race builds,
// too, since the race detector looks at no other memory; there what is given
// back is overwritten besides, so that a test sees who reads a slice that the
// engine has taken back.
const poison = true

func mapPages(n int) []byte { return make([]byte, n) }

func mapAligned(n int) []byte { return make([]byte, n) }

func unmapPages([]byte) {}

func dropPages([]byte) {}

func pageSize() int { return 4 << 10 }
