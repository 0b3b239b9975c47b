package rpcconn

import (
	"bytes"
	"testing"
)

// Whatever the bounds of a write are, the pieces are all the bytes, in their order,
// and none is empty.
func TestPiecesAreTheWholeChunk(t *testing.T) {
	var c chunk
	var want []byte
	own := func(n int) {
		for range n {
			c.buf = append(c.buf, byte(len(want)))
			want = append(want, byte(len(want)))
		}
	}
	lend := func(n, tail int) {
		body := make([]byte, n)
		for i := range body {
			body[i] = byte(len(want))
			want = append(want, body[i])
		}
		c.lend(&Loan{Bytes: body})
		own(tail)
	}
	own(5)
	lend(40, 0)
	lend(30, 3)
	lend(0, 2)
	own(4)
	lend(7, 0)
	if c.size() != len(want) {
		t.Fatalf("size %d of %d", c.size(), len(want))
	}
	for most := range 100 {
		for room := range maxPieces {
			var got []byte
			for c.off = 0; ; {
				pieces := c.pieces(make([][]byte, 0, room+1), most+1)
				if len(pieces) == 0 {
					break
				}
				n := 0
				for _, p := range pieces {
					if len(p) == 0 {
						t.Fatal("an empty piece")
					}
					n += len(p)
					got = append(got, p...)
				}
				if n > most+1 || len(pieces) > room+1 {
					t.Fatalf("%d bytes in %d pieces, at most %d in %d were asked for", n, len(pieces), most+1, room+1)
				}
				c.off += n
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("up to %d bytes in %d pieces: other bytes", most+1, room+1)
			}
		}
	}
}
