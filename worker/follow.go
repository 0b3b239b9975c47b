package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"pikv/placement"
	"pikv/replica"
	"pikv/wire"
)

// follower keeps the worker's view up to date. It follows one master id;
// views of any other are refused.
type follower struct {
	w     *Worker
	chase chan placement.Incarnation // who knows a newer view; size 1

	mu struct {
		sync.Mutex
		followed placement.MasterID // 0: none yet
		view     *placement.View    // also in w.current, for readers without the lock
		// claimed: the followed master has heard which view of its
		// predecessor is held here. Before that its own view may lack a
		// change that only this worker knows, and is not adopted.
		claimed bool
		news     chan struct{}      // closed when view changes
	}
}

func newFollower(w *Worker) *follower {
	f := &follower{w: w, chase: make(chan placement.Incarnation, 1)}
	f.mu.news = make(chan struct{})
	return f
}

// behind tells that a peer knows a newer view; 0 stands for some client.
func (f *follower) behind(peer placement.Incarnation) {
	select {
	case f.chase <- peer:
	default:
	}
}

// following returns the master id that this worker follows, and its view.
func (f *follower) following() (placement.MasterID, *placement.View) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.followed, f.mu.view
}

// changed returns a channel that is closed when the view changes next.
func (f *follower) changed() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.news
}

// forswear makes the worker follow another master id. It keeps its view, and
// goes on serving by it, until the new master issues one.
func (f *follower) forswear(id placement.MasterID) {
	f.mu.Lock()
	old := f.mu.followed
	f.mu.followed, f.mu.claimed = id, false
	f.mu.Unlock()
	if old != id && old != 0 {
		f.w.log.Warn("following a new master id: the old one's views no longer count",
			zap.Stringer("old", old), zap.Stringer("new", id))
	}
}

// follow makes a worker that follows nobody yet follow id.
func (f *follower) follow(id placement.MasterID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mu.followed == 0 {
		f.mu.followed = id
	}
}

// heard notes that the master id has the view that is held here.
func (f *follower) heard(id placement.MasterID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.claimed = f.mu.claimed || id == f.mu.followed
}

// request asks for what is newer than the view held.
func (f *follower) request(wait time.Duration) *wire.ViewRequest {
	followed, view := f.following()
	req := &wire.ViewRequest{MasterID: uint64(followed), WaitMS: wait.Milliseconds()}
	if view != nil && view.MasterID == followed {
		req.Since = uint64(view.Epoch)
	}
	return req
}

// errOtherMaster is returned for a view of a master that is not followed.
var errOtherMaster = errors.New("view of another master id")

// adopt takes up a view.
func (f *follower) adopt(reply *wire.ViewReply) error {
	if len(reply.Delta) == 0 {
		return nil
	}
	delta, err := placement.DecodeDelta(reply.Delta)
	if err != nil {
		return fmt.Errorf("read view: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	id := placement.MasterID(reply.MasterID)
	if f.mu.followed == 0 {
		f.mu.followed = id
	}
	if id != f.mu.followed {
		return fmt.Errorf("%w: %s instead of %s", errOtherMaster, id, f.mu.followed)
	}
	old := f.mu.view
	if old != nil && old.MasterID == id && placement.Epoch(reply.Epoch) <= old.Epoch {
		return nil
	}
	base := old
	if old != nil && old.MasterID != id {
		if !f.mu.claimed {
			return nil
		}
		base = nil // a full delta: the asker's id differed
	}
	view, err := base.Apply(delta)
	if err != nil {
		return fmt.Errorf("apply view: %w", err)
	}
	if old != nil && len(old.Partitions) != len(view.Partitions) {
		return fmt.Errorf("apply view: it has %d partitions, the cluster had %d", len(view.Partitions), len(old.Partitions))
	}
	f.mu.view = view
	f.w.install(view)
	close(f.mu.news)
	f.mu.news = make(chan struct{})
	return nil
}

// install makes a view the one in force here. The follower's lock keeps
// views in order.
func (w *Worker) install(view *placement.View) {
	t := w.table.Load()
	if t == nil {
		t = newTable(len(view.Partitions), w.incarnation, w.memory, w.cfg.Timing)
	}
	w.current.Store(view)
	w.table.Store(t)
	for i := range t.partitions {
		p, config := &t.partitions[i], &view.Partitions[i]
		if p.epoch.Load() >= uint64(config.Epoch) {
			continue
		}
		p.epoch.Store(uint64(config.Epoch))
		w.step(p, func(c *replica.Core, out *replica.Effects) { c.Adopt(w.now(), *config, out) })
	}
	w.links.forget(view)
}

// run polls the master for views.
func (f *follower) run(ctx context.Context) {
	var complain complaint
	backoff := retryMin
	for ctx.Err() == nil {
		var reply wire.ViewReply
		err := f.w.callMaster(ctx, viewWait+callTimeout, wire.MethodView, f.request(viewWait), &reply)
		if err == nil {
			err = f.adopt(&reply)
		}
		if err == nil {
			backoff = retryMin
			complain.over(f.w.log, "the master answers again")
			continue
		}
		if ctx.Err() == nil {
			complain.about(f.w.log, "no view from the master; still trying", err)
		}
		sleep(ctx, backoff)
		backoff = min(backoff*2, retryMax)
	}
}

// runChase fetches the view from whoever showed that it has a newer one,
// which matters while the master is away.
func (f *follower) runChase(ctx context.Context) {
	for {
		var peer placement.Incarnation
		select {
		case <-ctx.Done():
			return
		case peer = <-f.chase:
		}
		var reply wire.ViewReply
		var err error
		node, known := f.w.view().Node(peer)
		if known {
			err = f.w.callAt(ctx, node.Addr, callTimeout, wire.MethodView, f.request(0), &reply)
		} else {
			err = f.w.callMaster(ctx, callTimeout, wire.MethodView, f.request(0), &reply)
		}
		if err == nil {
			err = f.adopt(&reply)
		}
		if err != nil {
			f.w.log.Debug("fetch newer view", zap.Error(err))
			sleep(ctx, retryMin)
		}
	}
}
