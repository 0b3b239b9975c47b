package master

import (
	"context"
	"time"

	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

const (
	// maxViewWait bounds a long poll for a view.
	maxViewWait = 10 * time.Second
	// maxViewWaits bounds how many there are at once: a quarter of the slow calls. To
	// others it is told at once that nothing is newer, which is never wrong.
	maxViewWaits = 512
)

// serveView answers with what changed since the view that the asker has. One
// that is up to date may wait for the next view.
func (f *front) serveView(ctx context.Context, c *rpcserver.Call) {
	var req wire.ViewRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	wait := maxViewWait
	if req.WaitMS < wait.Milliseconds() {
		wait = time.Duration(max(0, req.WaitMS)) * time.Millisecond
	}
	if f.viewWaits.Add(1) > maxViewWaits {
		wait = 0
	}
	defer f.viewWaits.Add(-1)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		v, _, rg, superseded := f.view()
		reply := wire.ViewReply{MasterID: uint64(rg.ID), MasterAddr: f.addr}
		if v != nil {
			reply.Epoch = uint64(v.Epoch)
			reply.Delta = f.difference(v, req)
		}
		if len(reply.Delta) > 0 || wait == 0 {
			c.ReplyBody(&reply)
			return
		}
		select {
		case <-superseded:
		case <-timer.C:
			wait = 0 // one last look
		case <-f.stopping:
			wait = 0
		case <-ctx.Done():
			c.Fail(ctx.Err())
			return
		}
	}
}

// difference returns the encoded delta from the asker's view to v: everything
// when the asker has none or one of another register, nil when there is
// nothing newer.
func (f *front) difference(v *placement.View, req wire.ViewRequest) []byte {
	switch {
	case req.MasterID != uint64(v.MasterID):
		return f.deltas.since(v, 0)
	case req.Since < uint64(v.Epoch):
		return f.deltas.since(v, placement.Epoch(req.Since))
	default:
		return nil
	}
}
