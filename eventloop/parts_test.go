package eventloop

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestBuffers(t *testing.T) {
	for _, n := range []int{0, 1, 511, 512, 513, 1 << 16, 1<<16 + 1} {
		b := newBuffer(n)
		if len(b.b) != 0 || cap(b.b) < n {
			t.Errorf("for %d bytes: length %d, room %d", n, len(b.b), cap(b.b))
		}
		if n <= 1<<16 && cap(b.b) >= max(2*n, 1025) {
			t.Errorf("for %d bytes: room for %d", n, cap(b.b))
		}
		b.b = append(b.b, make([]byte, n)...)
		b.free()
	}
	(*buffer)(nil).free()
}

// TestOutputKeepsOrder compares with one long slice.
func TestOutputKeepsOrder(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	var o output
	var want []byte
	loans, given := 0, 0
	for step := range 4000 {
		b := make([]byte, 1+rnd.IntN(3)*rnd.IntN(3000))
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		switch rnd.IntN(4) {
		case 0:
			o.append(b)
			want = append(want, b...)
		case 1:
			loans++
			o.lend(b, func() { given++ })
			want = append(want, b...)
		case 2:
			if rnd.IntN(10) == 0 {
				o.prepend(b)
				want = append(b, want...)
			}
		default:
			most := rnd.IntN(10_000)
			list := bytes.Join(o.next(make([][]byte, 0, 3), most), nil)
			if len(list) > most || !bytes.HasPrefix(want, list) || len(list) == 0 && min(len(want), most) > 0 {
				t.Fatalf("seed %d, step %d: %d bytes to write next are wrong", seed, step, len(list))
			}
			n := rnd.IntN(len(list) + 1)
			if len(want) > 50_000 {
				n = len(want)
			}
			for _, done := range o.sent(n, nil) {
				done()
			}
			want = want[n:]
		}
		if o.size != len(want) {
			t.Fatalf("seed %d, step %d: %d bytes wait, not %d", seed, step, o.size, len(want))
		}
	}
	for _, done := range o.sent(o.size, nil) {
		done()
	}
	if loans != given || len(o.pieces) != 0 {
		t.Errorf("%d of %d loans were given back, %d pieces are left", given, loans, len(o.pieces))
	}
}

// TestOutputKeepsLittleMore compares the memory of copies with the bytes that wait,
// however they come.
func TestOutputKeepsLittleMore(t *testing.T) {
	for name, c := range map[string]struct {
		lent, copied []int // what is lent and copied, again and again
		mostPieces   int
	}{
		"little behind every loan":  {[]int{5 << 10}, []int{7}, 400},
		"more behind every loan":    {[]int{5 << 10}, []int{3000}, 400},
		"several behind every loan": {[]int{5 << 10}, []int{7, 2, 500, 40}, 600},
		"much behind few":           {[]int{5 << 10, 1 << 20}, []int{7, 60_000, 10}, 1000},
		"little copies only":        {nil, []int{7}, 5},
		"copies only":               {nil, []int{2000}, 16},
		"large copies only":         {nil, []int{100_000}, 200},
	} {
		var o output
		for range 200 {
			for _, n := range c.lent {
				o.lend(make([]byte, n), nil)
			}
			for _, n := range c.copied {
				o.append(make([]byte, n))
			}
		}
		kept := 0
		for _, p := range o.pieces {
			if p.own != nil {
				kept += cap(p.own.b)
			}
		}
		if most := leastRoom + 3*o.copied() + o.lent/8; kept > most {
			t.Errorf("%s: %d bytes are kept for %d copied and %d lent ones, want at most %d", name, kept, o.copied(), o.lent, most)
		}
		if len(o.pieces) > c.mostPieces {
			t.Errorf("%s: %d pieces, want at most %d", name, len(o.pieces), c.mostPieces)
		}
	}
}
