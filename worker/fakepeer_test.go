package worker

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/wire"
)

// fakePeer accepts connections, says that it is whoever is meant, and reads
// beats. It grants nothing.
type fakePeer struct {
	ln    net.Listener
	conns record[net.Conn]
	beats record[time.Time] // frames without messages
}

func newFakePeer(t *testing.T) *fakePeer {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &fakePeer{ln: ln}
	var accepting, reading sync.WaitGroup
	t.Cleanup(func() {
		ln.Close()
		accepting.Wait() // no connection comes after that
		for _, c := range p.conns.list() {
			c.Close()
		}
		reading.Wait()
	})
	accepting.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			p.conns.add(c)
			reading.Go(func() { p.read(c) })
		}
	})
	return p
}

// read reads beats, and stops for good inside the first large frame.
func (p *fakePeer) read(c net.Conn) {
	limits := wire.DefaultLimits()
	limits.Frame = 1 << 10
	frames := wire.NewFrameReader(c, limits, nil)
	for {
		frame, _, err := frames.ReadFrame(nil)
		if err != nil {
			return
		}
		m, err := wire.ParseMessage(frame)
		if err != nil {
			return
		}
		if m.Kind == wire.Request {
			if _, err := c.Write(wire.AppendNil(wire.AppendResponseOK(nil, m.ID))); err != nil {
				return
			}
			continue
		}
		peer, err := wire.DecodePeer(m.Params)
		if err != nil {
			return
		}
		if _, messages, err := cutFrame(peer.Batch); err != nil || len(messages) > 0 {
			return
		}
		p.beats.add(time.Now())
	}
}
