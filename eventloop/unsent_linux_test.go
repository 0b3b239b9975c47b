package eventloop_test

import (
	"net"
	"testing"
	"time"

	"pikv/eventloop"
)

// The kernel takes little for a peer that reads nothing: what it keeps nobody counts.
func TestTheKernelKeepsLittleForOneThatReadsNothing(t *testing.T) {
	bothWays(t, func(t *testing.T, cfg eventloop.Config) {
		const size, most = 64 << 20, 1 << 20
		conns := make(chan *eventloop.Conn, 1)
		cfg.Accept = func(c *eventloop.Conn) eventloop.Handler {
			conns <- c
			return script{data: func(turn *eventloop.Turn) {
				if len(turn.In) > 0 {
					turn.In = nil
					turn.Lend(make([]byte, size), nil)
				}
			}}
		}
		_, addr := start(t, cfg)
		nc := dial(t, addr)
		if err := nc.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
			t.Fatal(err)
		}
		write(t, nc, []byte("x"))
		c := receiveIn(t, conns)
		await(t, "that the socket takes something", func() bool { n := c.Waiting(); return n > 0 && n < size })
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for range 100 {
			if taken := size - c.Waiting(); taken > most {
				t.Fatalf("the kernel took %d bytes of which nobody reads any, want at most %d", taken, most)
			}
			<-tick.C
		}
	})
}
