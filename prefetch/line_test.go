package prefetch

import (
	"testing"
	"unsafe"
)

// A hint changes nothing, wherever it points.
func TestAHintIsOnlyAHint(t *testing.T) {
	b := make([]byte, 300)
	for i := range b {
		b[i] = byte(i)
	}
	Bytes(unsafe.Pointer(&b[0]), uintptr(len(b)))
	Bytes(unsafe.Pointer(&b[0]), 0)
	Line(nil)
	for i := range b {
		if b[i] != byte(i) {
			t.Fatalf("byte %d is %d", i, b[i])
		}
	}
}
