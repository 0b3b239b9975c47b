//go:build amd64 || arm64 || arm

package prefetch

import "unsafe"

// Line asks for the line of the caches that p is in, and goes on at once. It is a
// hint: p may point anywhere, and nobody is raced with.
//
//go:noescape
func Line(p unsafe.Pointer)
