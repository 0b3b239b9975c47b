package placement

// crc16 is CRC-16/XMODEM: polynomial 0x1021, initial value 0, not reflected. It
// takes eight bytes at a time, whose tables are looked up side by side: byte by
// byte each must wait for the one before, and each request's key comes through here
// (slicing-by-8: Kounavis and Berry, "A Systematic Approach to Building High
// Performance Software-based CRC Generators", 2005).
func crc16(b []byte) uint16 {
	var crc uint16
	for ; len(b) >= 8; b = b[8:] {
		crc = crcTables[7][b[0]^byte(crc>>8)] ^ crcTables[6][b[1]^byte(crc)] ^
			crcTables[5][b[2]] ^ crcTables[4][b[3]] ^ crcTables[3][b[4]] ^
			crcTables[2][b[5]] ^ crcTables[1][b[6]] ^ crcTables[0][b[7]]
	}
	for _, c := range b {
		crc = crc<<8 ^ crcTables[0][byte(crc>>8)^c]
	}
	return crc
}

// crcTables[k][c] is the CRC of byte c and k zeros behind it. They are written once,
// here.
var crcTables = func() (t [8][256]uint16) {
	for c := range t[0] {
		crc := uint16(c) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
		t[0][c] = crc
	}
	for k := 1; k < len(t); k++ {
		for c, before := range t[k-1] {
			t[k][c] = before<<8 ^ t[0][before>>8]
		}
	}
	return t
}()
