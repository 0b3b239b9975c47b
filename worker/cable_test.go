package worker

import (
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// cable is a way to a node that can be cut. As with a real one, what is sent
// meanwhile arrives when it is mended.
type cable struct {
	ln     net.Listener
	mu     sync.Mutex
	mended *sync.Cond // with mu
	broken bool       // guarded by mu
}

func (c *cable) addr() string { return c.ln.Addr().String() }

func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = true
}

func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = false
	c.mended.Broadcast()
}

// pass waits until the cable is whole.
func (c *cable) pass() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.broken {
		c.mended.Wait()
	}
}

func newCable(t *testing.T, to string) *cable {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &cable{ln: ln}
	c.mended = sync.NewCond(&c.mu)
	var conns record[net.Conn]
	var accepting, carrying sync.WaitGroup
	t.Cleanup(func() {
		ln.Close()
		c.mend()
		accepting.Wait() // no connection comes after that
		for _, nc := range conns.list() {
			nc.Close()
		}
		carrying.Wait()
	})
	carry := func(from, to net.Conn) {
		defer from.Close()
		defer to.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			c.pass()
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
	}
	accepting.Go(func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				continue
			}
			conns.add(near)
			conns.add(far)
			carrying.Go(func() { carry(near, far) })
			carrying.Go(func() { carry(far, near) })
		}
	})
	return c
}
