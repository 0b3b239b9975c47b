package placement

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// bitwise is the definition.
func bitwise(b []byte) (crc uint16) {
	for _, c := range b {
		crc ^= uint16(c) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

func TestCRC16OfEveryLength(t *testing.T) {
	require.Equal(t, uint16(0x31c3), crc16([]byte("123456789")), "the check value of CRC-16/XMODEM")
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 100 {
		for range 20 {
			b := make([]byte, n)
			for i := range b {
				b[i] = byte(r.Uint32())
			}
			require.Equal(t, bitwise(b), crc16(b), "%x", b)
		}
	}
}

func BenchmarkSlot(b *testing.B) {
	for name, key := range map[string][]byte{"8": []byte("key:1234"), "16": []byte("key:000000012345"), "32": []byte("session:0123456789abcdef01234567")} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				key[4] ^= byte(Slot(key)) & 1
			}
		})
	}
}
