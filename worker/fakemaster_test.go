package worker

import (
	"context"
	"sync"
	"testing"
	"time"

	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

// fakeMaster is a register in memory: it takes what is asked for in order.
type fakeMaster struct {
	*stub
	cables map[*Worker]*cable // by which workers reach it; of the test's goroutine
	mu     sync.Mutex
	view   *placement.View
}

func newFakeMaster(t *testing.T, first *placement.View) *fakeMaster {
	t.Helper()
	m := &fakeMaster{view: first, cables: make(map[*Worker]*cable)}
	m.stub = newStub(t, map[string]rpcserver.Handler{wire.MethodView: m.serveView, wire.MethodChange: m.serveChange})
	return m
}

func (m *fakeMaster) now() *placement.View {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.view
}

func (m *fakeMaster) serveView(ctx context.Context, c *rpcserver.Call) {
	var req wire.ViewRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	v := m.now()
	for range min(req.WaitMS, 200) / 5 {
		if v = m.now(); uint64(v.Epoch) > req.Since || ctx.Err() != nil {
			break
		}
		<-tick.C
	}
	reply := wire.ViewReply{MasterID: uint64(v.MasterID), Epoch: uint64(v.Epoch)}
	if since := placement.Epoch(req.Since); v.Epoch > since {
		reply.Delta = placement.EncodeDelta(v.Since(since))
	}
	c.ReplyBody(&reply)
}

func (m *fakeMaster) serveChange(_ context.Context, c *rpcserver.Call) {
	var req wire.ChangeRequest
	err := c.Body(&req)
	var list []placement.Change
	if err == nil {
		list, err = placement.DecodeChanges(req.Changes)
	}
	if err != nil {
		c.Fail(err)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	next, refused := m.view.Next(list)
	if next != nil {
		m.view = next
	}
	reply := wire.ChangeReply{Epoch: uint64(m.view.Epoch)}
	for _, err := range refused {
		text := ""
		if err != nil {
			text = err.Error()
		}
		reply.Texts = append(reply.Texts, text)
	}
	c.ReplyBody(&reply)
}
