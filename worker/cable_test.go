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
	made   int        // connections so far; guarded by mu
	stuck  int        // of which the first so many swallow what they are to carry; guarded by mu
}

// stick makes the connections that there are swallow everything for good, as if
// TCP had lost it and tried again only much later. Later ones are well.
func (c *cable) stick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stuck = c.made
}

// connections is how many were made so far.
func (c *cable) connections() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.made
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

// pass waits until the cable is whole, and reports whether that connection
// carries anything.
func (c *cable) pass(connection int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.broken {
		c.mended.Wait()
	}
	return connection > c.stuck
}

// count returns the number of a new connection.
func (c *cable) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	return c.made
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
	carry := func(connection int, from, to net.Conn) {
		defer from.Close()
		defer to.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			if !c.pass(connection) {
				continue
			}
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
			connection := c.count()
			carrying.Go(func() { carry(connection, near, far) })
			carrying.Go(func() { carry(connection, far, near) })
		}
	})
	return c
}
