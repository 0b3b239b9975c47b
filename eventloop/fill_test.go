package eventloop_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"pikv/eventloop"
)

// filler reads values that come as a length of four digits, thousands of bytes or so,
// and a line's end, and answers with them.
type filler struct{ value []byte }

func (f *filler) Data(t *eventloop.Turn) {
	if f.value != nil {
		t.Lend(f.value, nil)
		f.value = nil
	}
	i := bytes.IndexByte(t.In, '\n')
	if i < 0 {
		return
	}
	var size int
	if _, err := fmt.Sscan(string(t.In[:i]), &size); err != nil {
		panic(err)
	}
	t.In = t.In[i+1:]
	f.value = make([]byte, size)
	t.Fill(f.value)
}
func (f *filler) EOF(t *eventloop.Turn) { t.Conn.Finish() }
func (f *filler) Closed(error)          {}

func TestFill(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		cfg.Accept = func(*eventloop.Conn) eventloop.Handler { return new(filler) }
		cfg.ReadSize = 1 << 10
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		var sent, want []byte
		for _, size := range []int{1, 2, 1, 1023, 1024, 1025, 5, 70_000, 1 << 20, 3, 4<<20 + 7, 100} {
			value := make([]byte, size)
			for i := range value {
				value[i] = byte(rand.Uint32())
			}
			sent = append(fmt.Appendf(sent, "%d\n", size), value...)
			want = append(want, value...)
		}
		go func() {
			for rest := sent; len(rest) > 0; {
				n := min(len(rest), 1+rand.IntN(200_000))
				write(t, nc, rest[:n])
				rest = rest[n:]
			}
		}()
		expect(t, nc, want)
	})
}
