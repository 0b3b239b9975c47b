package prefetch

import "unsafe"

// LineSize is how many bytes one Line brings, at least on most processors.
const LineSize = 64

// Bytes asks for the first n bytes at p.
func Bytes(p unsafe.Pointer, n uintptr) {
	for at := uintptr(0); at < n; at += LineSize {
		Line(unsafe.Add(p, at))
	}
}
