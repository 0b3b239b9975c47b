package worker

import (
	"context"
	"time"

	"pikv/placement"
	"pikv/rpcserver"
	"pikv/wire"
)

// errNoView answers what a worker cannot know before its first view.
var errNoView = wire.Errorf(wire.CodeBusy, "this worker has no view of the cluster yet: try again")

// handleView answers from the view held here, now or when a newer one comes.
func (w *Worker) handleView(ctx context.Context, c *rpcserver.Call) {
	var req wire.ViewRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	wait := time.NewTimer(time.Duration(min(max(req.WaitMS, 0), maxViewWait.Milliseconds())) * time.Millisecond)
	defer wait.Stop()
	// Long polls must not take all the goroutines that other calls need, too;
	// an answer at once is never wrong.
	waiting := w.viewWaits.Add(1) <= maxViewWaits
	defer w.viewWaits.Add(-1)
	for {
		news := w.follower.changed()
		view := w.current.Load()
		switch {
		case view == nil && !waiting:
			c.Fail(wire.Errorf(wire.CodeNoWorkers, "the cluster has no view yet: its master has not seen a worker"))
			return
		case view != nil && (uint64(view.MasterID) != req.MasterID || uint64(view.Epoch) > req.Since):
			w.replyView(c, &req, view)
			return
		case view != nil && !waiting:
			c.ReplyBody(&wire.ViewReply{MasterID: uint64(view.MasterID), Epoch: uint64(view.Epoch), MasterAddr: w.ownMaster()})
			return
		}
		select {
		case <-news:
		case <-wait.C:
			waiting = false
		case <-ctx.Done():
			waiting = false
		case <-w.server.Stopping():
			waiting = false
		}
	}
}

// replyView sends what the asker lacks of view; everything when its view is of
// another master, or it has none.
func (w *Worker) replyView(c *rpcserver.Call, req *wire.ViewRequest, view *placement.View) {
	since := placement.Epoch(req.Since)
	if uint64(view.MasterID) != req.MasterID {
		since = 0
	}
	delta := placement.EncodeDelta(view.Since(since))
	if len(delta) > freeReply && !c.Reserve(len(delta)) {
		c.Fail(errManyBytes)
		return
	}
	c.ReplyBody(&wire.ViewReply{MasterID: uint64(view.MasterID), Epoch: uint64(view.Epoch), MasterAddr: w.ownMaster(), Delta: delta})
}
