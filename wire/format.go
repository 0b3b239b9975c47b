package wire

import "encoding/binary"

// The first bytes of msgpack values, from the format's specification.
const (
	maxFixPos = 0x7f // 0x00..0x7f are the integers themselves
	maxFixLen = 15   // fixarray, fixmap
	maxFixStr = 31

	codeFixMap   byte = 0x80
	codeFixArray byte = 0x90
	codeFixStr   byte = 0xa0
	codeNil      byte = 0xc0
	codeNever    byte = 0xc1 // no value begins with it
	codeFalse    byte = 0xc2
	codeTrue     byte = 0xc3
	codeBin8     byte = 0xc4
	codeBin16    byte = 0xc5
	codeBin32    byte = 0xc6
	codeExt8     byte = 0xc7
	codeExt16    byte = 0xc8
	codeExt32    byte = 0xc9
	codeFloat32  byte = 0xca
	codeFloat64  byte = 0xcb
	codeUint8    byte = 0xcc
	codeUint16   byte = 0xcd
	codeUint32   byte = 0xce
	codeUint64   byte = 0xcf
	codeInt8     byte = 0xd0
	codeInt16    byte = 0xd1
	codeInt32    byte = 0xd2
	codeInt64    byte = 0xd3
	codeFixExt1  byte = 0xd4
	codeFixExt2  byte = 0xd5
	codeFixExt4  byte = 0xd6
	codeFixExt8  byte = 0xd7
	codeFixExt16 byte = 0xd8
	codeStr8     byte = 0xd9
	codeStr16    byte = 0xda
	codeStr32    byte = 0xdb
	codeArray16  byte = 0xdc
	codeArray32  byte = 0xdd
	codeMap16    byte = 0xde
	codeMap32    byte = 0xdf
	minFixNeg    byte = 0xe0 // 0xe0..0xff are -32..-1
)

// Kind is a type of msgpack values.
type Kind uint8

// The kinds.
const (
	KindNone Kind = iota
	KindNil
	KindBool
	KindInt
	KindFloat
	KindStr
	KindBin
	KindArray
	KindMap
	KindExt
)

// header is the beginning of a value.
type header struct {
	kind Kind
	size uint8  // bytes of the header; of the whole value for nil, bool, int, float
	n    uint32 // bytes that follow a str, bin or ext; values of an array; pairs of a map
}

// readHeader reads the header at the start of p. It fails with ErrTruncated
// when p is too short to hold it and with ErrMalformed when nothing begins so.
func readHeader(p []byte) (header, error) {
	if len(p) == 0 {
		return header{}, ErrTruncated
	}
	c := p[0]
	switch {
	case c <= maxFixPos || c >= minFixNeg:
		return header{kind: KindInt, size: 1}, nil
	case c < codeFixArray:
		return header{kind: KindMap, size: 1, n: uint32(c & maxFixLen)}, nil
	case c < codeFixStr:
		return header{kind: KindArray, size: 1, n: uint32(c & maxFixLen)}, nil
	case c < codeNil:
		return header{kind: KindStr, size: 1, n: uint32(c & maxFixStr)}, nil
	}
	f := forms[c-codeNil]
	if f.kind == KindNone {
		return header{}, ErrMalformed
	}
	if len(p) < int(f.size) {
		return header{}, ErrTruncated
	}
	h := header{kind: f.kind, size: f.size, n: uint32(f.fixed)}
	switch f.length {
	case 1:
		h.n = uint32(p[1])
	case 2:
		h.n = uint32(binary.BigEndian.Uint16(p[1:]))
	case 4:
		h.n = binary.BigEndian.Uint32(p[1:])
	}
	return h, nil
}

// forms describes the values that begin with 0xc0..0xdf.
var forms = [...]struct {
	kind   Kind
	size   uint8 // as in header
	length uint8 // bytes of the length after the first byte
	fixed  uint8 // the length where there is no such byte
}{
	0:                      {kind: KindNil, size: 1},
	codeNever - codeNil:    {},
	codeFalse - codeNil:    {kind: KindBool, size: 1},
	codeTrue - codeNil:     {kind: KindBool, size: 1},
	codeBin8 - codeNil:     {kind: KindBin, size: 2, length: 1},
	codeBin16 - codeNil:    {kind: KindBin, size: 3, length: 2},
	codeBin32 - codeNil:    {kind: KindBin, size: 5, length: 4},
	codeExt8 - codeNil:     {kind: KindExt, size: 3, length: 1},
	codeExt16 - codeNil:    {kind: KindExt, size: 4, length: 2},
	codeExt32 - codeNil:    {kind: KindExt, size: 6, length: 4},
	codeFloat32 - codeNil:  {kind: KindFloat, size: 5},
	codeFloat64 - codeNil:  {kind: KindFloat, size: 9},
	codeUint8 - codeNil:    {kind: KindInt, size: 2},
	codeUint16 - codeNil:   {kind: KindInt, size: 3},
	codeUint32 - codeNil:   {kind: KindInt, size: 5},
	codeUint64 - codeNil:   {kind: KindInt, size: 9},
	codeInt8 - codeNil:     {kind: KindInt, size: 2},
	codeInt16 - codeNil:    {kind: KindInt, size: 3},
	codeInt32 - codeNil:    {kind: KindInt, size: 5},
	codeInt64 - codeNil:    {kind: KindInt, size: 9},
	codeFixExt1 - codeNil:  {kind: KindExt, size: 2, fixed: 1},
	codeFixExt2 - codeNil:  {kind: KindExt, size: 2, fixed: 2},
	codeFixExt4 - codeNil:  {kind: KindExt, size: 2, fixed: 4},
	codeFixExt8 - codeNil:  {kind: KindExt, size: 2, fixed: 8},
	codeFixExt16 - codeNil: {kind: KindExt, size: 2, fixed: 16},
	codeStr8 - codeNil:     {kind: KindStr, size: 2, length: 1},
	codeStr16 - codeNil:    {kind: KindStr, size: 3, length: 2},
	codeStr32 - codeNil:    {kind: KindStr, size: 5, length: 4},
	codeArray16 - codeNil:  {kind: KindArray, size: 3, length: 2},
	codeArray32 - codeNil:  {kind: KindArray, size: 5, length: 4},
	codeMap16 - codeNil:    {kind: KindMap, size: 3, length: 2},
	codeMap32 - codeNil:    {kind: KindMap, size: 5, length: 4},
}
