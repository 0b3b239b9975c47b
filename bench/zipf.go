package bench

import "math"

// theta is how skewed YCSB's zipfian is: the item of rank i, counted from 1, is
// asked for in proportion to 1/i^theta.
const theta = 0.99

// zipfian draws ranks below n by the method of Gray et al., "Quickly Generating
// Billion-Record Synthetic Databases" (SIGMOD 1994), as YCSB does. Draws may go
// on side by side, but not beside grow.
type zipfian struct {
	n    int64
	zeta float64 // the sum of 1/i^theta for i from 1 to n
	eta  float64 // follows from the two
}

// newZipfian adds up the n terms.
func newZipfian(n int64) *zipfian {
	z := &zipfian{}
	z.grow(n)
	return z
}

// grow makes n larger and adds the terms that are missing.
func (z *zipfian) grow(n int64) {
	for i := z.n + 1; i <= n; i++ {
		z.zeta += 1 / math.Pow(float64(i), theta)
	}
	z.n = max(n, z.n)
	z.derive()
}

func (z *zipfian) derive() {
	zeta2 := 1 + math.Pow(0.5, theta)
	z.eta = (1 - math.Pow(2/float64(z.n), 1-theta)) / (1 - zeta2/z.zeta)
}

// rank returns the rank, from 0 on, that u, drawn evenly from [0, 1), stands
// for.
func (z *zipfian) rank(u float64) int64 {
	rank := int64(0)
	switch uz := u * z.zeta; {
	case uz < 1:
	case uz < 1+math.Pow(0.5, theta):
		rank = 1
	default:
		rank = int64(float64(z.n) * math.Pow(z.eta*u-z.eta+1, 1/(1-theta)))
	}
	return min(rank, z.n-1)
}

// YCSB's scrambled zipfian has ten billion ranks, however many keys there are,
// and their sum as a constant.
const (
	scrambledRanks = 10_000_000_001
	scrambledZeta  = 26.46902820178302
)

// newScrambling returns the zipfian whose ranks scramble turns into keys.
func newScrambling() *zipfian {
	z := &zipfian{n: scrambledRanks, zeta: scrambledZeta}
	z.derive()
	return z
}

// scramble spreads the popular ranks over all keys, as YCSB does: a hash, cut
// to the number of keys. So neighbours in the key space are not alike popular.
func scramble(rank int64, keys int) int {
	return int(fnv64(rank) % int64(keys))
}

// fnv64 is YCSB's hash of a number: FNV-1a over its bytes, the lowest first, as
// Java's absolute value. The one number that has none comes out as 0.
func fnv64(v int64) int64 {
	const offset, prime = 0xCBF29CE484222325, 0x100000001B3
	h := uint64(offset)
	for range 8 {
		h ^= uint64(v) & 0xff
		h *= prime
		v >>= 8
	}
	return max(int64(h), -int64(h), 0)
}
