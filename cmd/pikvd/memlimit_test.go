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
		{"a quarter of the entries' memory, requests, the process", 1024 * mib, 128 * mib, 8192 * mib, math.MaxInt64, (256 + 128 + 64) * mib},
		{"what a Pi's RAM leaves", 400 * mib, 64 * mib, 640 * mib, math.MaxInt64, 208 * mib},
		{"never below what requests need", 600 * mib, 75 * mib, 700 * mib, math.MaxInt64, (75 + 64) * mib},
		{"a 32-bit process", 1600 * mib, 256 * mib, 8192 * mib, 2048 * mib, 448 * mib},
		{"unknown RAM", 128 * mib, 16 * mib, 0, math.MaxInt64, (32 + 16 + 64) * mib},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			require.Equal(t, tt.want, memoryLimit(tt.maxMemory, tt.inFlight, tt.ram, tt.addressable))
		})
	}
}
