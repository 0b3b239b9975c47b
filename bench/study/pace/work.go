package pace

import "math/rand/v2"

// work is a fixed piece of it, most of it reads.
type work struct {
	next []uint32 // next[i] is where to read after i: a single circle through all of it
	at   uint32
	sum  uint64 // of results, which must be computed
}

const (
	circle = 256 << 10 // words of 4 bytes: about what the caches hold that a core has for itself, and what runs between needs them
	reads  = 2_000     // some 300 us
	sums   = 60_000    // some 60 us
)

func newWork() *work {
	w := &work{next: make([]uint32, circle)}
	order := rand.Perm(circle)
	for i, from := range order {
		w.next[from] = uint32(order[(i+1)%circle])
	}
	return w
}

// do reads where each read says where the next one is, on from where it last ended,
// and adds in more chains than a core has units.
func (w *work) do() {
	for range reads {
		w.at = w.next[w.at]
	}
	var a, b, c, d, e, f uint64
	for i := range uint64(sums) {
		a += i ^ 1
		b ^= i + 3
		c += i ^ 7
		d ^= i + 9
		e += i ^ 11
		f ^= i + 13
	}
	w.sum += a + b + c + d + e + f
}
