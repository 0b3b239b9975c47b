package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemoryLimit(t *testing.T) {
	const mib = 1 << 20
	tests := []struct {
		about                                 string
		maxMemory, inFlight, ram, addressable int64
		want                                  int64
	}{
		{"entries, a quarter of slack, requests, the process", 1024 * mib, 128 * mib, 8192 * mib, math.MaxInt64, (1024 + 256 + 128 + 64) * mib},
		{"a Pi's RAM", 480 * mib, 64 * mib, 640 * mib, math.MaxInt64, 608 * mib},
		{"never below what it must hold", 600 * mib, 75 * mib, 700 * mib, math.MaxInt64, (600 + 75 + 64) * mib},
		{"a 32-bit process", 2048 * mib, 256 * mib, 8192 * mib, 2048 * mib, 2048 * mib},
		{"unknown RAM", 128 * mib, 16 * mib, 0, math.MaxInt64, (128 + 32 + 16 + 64) * mib},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			require.Equal(t, tt.want, memoryLimit(tt.maxMemory, tt.inFlight, tt.ram, tt.addressable))
		})
	}
}
