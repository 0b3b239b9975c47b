package resp

import (
	"bytes"
	"math"
	"math/big"
	"strings"
)

// Redis computes with the long double of x86, and so does this on every machine: 64
// bits of mantissa, and these exponents.
const (
	floatBits = 64
	floatMost = 16384  // a number is below 2 to that power
	floatZero = -16445 // a number that is not over half of 2 to that power is 0
	// floatText is how many bytes of text may be a number.
	floatText = 5119
)

// overflows reports whether a number is too large.
func overflows(f *big.Float) bool { return f.MantExp(nil) > floatMost }

// parseFloat reads a number as C's strtold does, but for one that is no number, or
// neither 0 nor representable. Infinity is.
func parseFloat(text []byte) (*big.Float, bool) {
	if len(text) == 0 || len(text) > floatText {
		return nil, false
	}
	negative := text[0] == '-'
	if negative || text[0] == '+' {
		text = text[1:]
	}
	var f *big.Float
	switch {
	case equalFold(text, "inf") || equalFold(text, "infinity"):
		return new(big.Float).SetInf(negative), true
	case len(text) > 2 && text[0] == '0' && lower(text[1]) == 'x':
		f = parseHex(text[2:])
	default:
		f = parseDecimal(text)
	}
	if f == nil || overflows(f) || vanishes(f) {
		return nil, false
	}
	if negative {
		f.Neg(f)
	}
	return f, true
}

// vanishes reports whether a number that is not 0 is too small.
func vanishes(f *big.Float) bool {
	mant := new(big.Float)
	switch exp := f.MantExp(mant); {
	case f.Sign() == 0:
		return false
	case exp == floatZero:
		return mant.Cmp(big.NewFloat(0.5)) == 0
	default:
		return exp < floatZero
	}
}

// parseDecimal reads digits with a point among them, and an exponent; nil: it is no
// number, or far too large or small.
func parseDecimal(text []byte) *big.Float {
	digits, point, exp, ok := cutNumber(text, 'e', "0123456789")
	if !ok {
		return nil
	}
	f := new(big.Float).SetPrec(floatBits)
	trimmed := strings.TrimLeft(digits, "0")
	if trimmed == "" {
		return f
	}
	exp -= point
	if size := exp + len(trimmed); size > 5000 || size < -5000 {
		return nil
	}
	n, _ := new(big.Int).SetString(trimmed, 10)
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exp, -exp))), nil)
	if exp >= 0 {
		return f.SetInt(n.Mul(n, power))
	}
	// Both are exact: only the quotient is rounded.
	return f.Quo(new(big.Float).SetInt(n), new(big.Float).SetInt(power))
}

// parseHex is parseDecimal for what follows 0x, with an exponent of 2.
func parseHex(text []byte) *big.Float {
	digits, point, exp, ok := cutNumber(text, 'p', "0123456789abcdefABCDEF")
	if !ok {
		return nil
	}
	n, _ := new(big.Int).SetString(digits, 16)
	if n.Sign() == 0 {
		return new(big.Float).SetPrec(floatBits)
	}
	exp -= 4 * point
	if size := exp + n.BitLen(); size > 20000 || size < -20000 {
		return nil
	}
	f := new(big.Float).SetPrec(floatBits).SetInt(n)
	return f.SetMantExp(f, exp)
}

// cutNumber splits a number into its digits, how many of them stand behind the
// point, and its exponent, which follows a mark.
func cutNumber(text []byte, mark byte, allowed string) (digits string, point, exp int, ok bool) {
	if i := bytes.IndexAny(text, string([]byte{mark, mark - ('a' - 'A')})); i >= 0 {
		if exp, ok = parseExponent(text[i+1:]); !ok {
			return "", 0, 0, false
		}
		text = text[:i]
	}
	whole, part, _ := bytes.Cut(text, []byte("."))
	digits = string(whole) + string(part)
	ok = digits != "" && strings.Trim(digits, allowed) == ""
	return digits, len(part), exp, ok
}

// parseExponent reads a decimal integer; a large one is not read to its end.
func parseExponent(text []byte) (n int, ok bool) {
	negative := len(text) > 0 && text[0] == '-'
	if negative || len(text) > 0 && text[0] == '+' {
		text = text[1:]
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(n*10+int(c-'0'), math.MaxInt32/20)
	}
	if negative {
		n = -n
	}
	return n, len(text) > 0
}

// printFloat writes a number with up to 17 digits behind the point.
func printFloat(f *big.Float) []byte {
	b := f.Append(nil, 'f', 17)
	b = bytes.TrimRight(b, "0") // there is a point
	b = bytes.TrimSuffix(b, []byte("."))
	if string(b) == "-0" {
		return b[1:]
	}
	return b
}
