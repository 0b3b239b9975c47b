package wire

import (
	"encoding/binary"
	"math"
)

// AppendNil appends nil.
func AppendNil(buf []byte) []byte { return append(buf, codeNil) }

// AppendBool appends a boolean.
func AppendBool(buf []byte, b bool) []byte {
	if b {
		return append(buf, codeTrue)
	}
	return append(buf, codeFalse)
}

// AppendUint appends u in its shortest form.
func AppendUint(buf []byte, u uint64) []byte {
	switch {
	case u <= maxFixPos:
		return append(buf, byte(u))
	case u <= math.MaxUint8:
		return append(buf, codeUint8, byte(u))
	case u <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(buf, codeUint16), uint16(u))
	case u <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(buf, codeUint32), uint32(u))
	default:
		return binary.BigEndian.AppendUint64(append(buf, codeUint64), u)
	}
}

// AppendInt appends i in its shortest form; one that is not negative takes
// the same bytes as AppendUint.
func AppendInt(buf []byte, i int64) []byte {
	switch {
	case i >= 0:
		return AppendUint(buf, uint64(i))
	case i >= -32:
		return append(buf, byte(i))
	case i >= math.MinInt8:
		return append(buf, codeInt8, byte(i))
	case i >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(buf, codeInt16), uint16(i))
	case i >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(buf, codeInt32), uint32(i))
	default:
		return binary.BigEndian.AppendUint64(append(buf, codeInt64), uint64(i))
	}
}

// AppendStr appends s as a str. It copies s.
func AppendStr(buf []byte, s string) []byte {
	n := headerLen(len(s))
	switch {
	case n <= maxFixStr:
		buf = append(buf, codeFixStr|byte(n))
	case n <= math.MaxUint8:
		buf = append(buf, codeStr8, byte(n))
	case n <= math.MaxUint16:
		buf = binary.BigEndian.AppendUint16(append(buf, codeStr16), uint16(n))
	default:
		buf = binary.BigEndian.AppendUint32(append(buf, codeStr32), n)
	}
	return append(buf, s...)
}

// AppendBin appends b as a bin; nil is the empty bin. It copies b.
func AppendBin(buf, b []byte) []byte { return append(AppendBinHeader(buf, len(b)), b...) }

// AppendBinHeader appends the header of a bin of n bytes, which the caller
// appends itself.
func AppendBinHeader(buf []byte, n int) []byte {
	u := headerLen(n)
	switch {
	case u <= math.MaxUint8:
		return append(buf, codeBin8, byte(u))
	case u <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(buf, codeBin16), uint16(u))
	default:
		return binary.BigEndian.AppendUint32(append(buf, codeBin32), u)
	}
}

// AppendArrayHeader appends the header of an array of n values, which the
// caller appends itself.
func AppendArrayHeader(buf []byte, n int) []byte {
	u := headerLen(n)
	switch {
	case u <= maxFixLen:
		return append(buf, codeFixArray|byte(u))
	case u <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(buf, codeArray16), uint16(u))
	default:
		return binary.BigEndian.AppendUint32(append(buf, codeArray32), u)
	}
}

// AppendMapHeader appends the header of a map of n pairs, which the caller
// appends itself.
func AppendMapHeader(buf []byte, n int) []byte {
	u := headerLen(n)
	switch {
	case u <= maxFixLen:
		return append(buf, codeFixMap|byte(u))
	case u <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(buf, codeMap16), uint16(u))
	default:
		return binary.BigEndian.AppendUint32(append(buf, codeMap32), u)
	}
}

// headerLen is a length as headers carry it. A length that no header can
// carry is a bug of the caller, which checks sizes against Limits first.
func headerLen(n int) uint32 {
	if n < 0 || uint64(n) > math.MaxUint32 {
		panic("wire: length does not fit a msgpack header")
	}
	return uint32(n)
}
