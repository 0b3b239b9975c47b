package worker

import (
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

	joined chan struct{} // closed with the first view that has this worker

	mu struct {
		sync.Mutex
		has      bool               // joined is closed
		followed placement.MasterID // 0: none yet
		view     *placement.View    // also in w.current, for readers without the lock
		// claimed: the followed master has heard which view of its
		// predecessor is held here. Before that its own view may lack a
		// change that only this worker knows, and is not adopted.
		claimed bool
		news    chan struct{} // closed when view changes
	}
}

func newFollower(w *Worker) *follower {
	f := &follower{w: w, chase: make(chan placement.Incarnation, 1), joined: make(chan struct{})}
	f.mu.news = make(chan struct{})
	return f
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

// forswear makes the worker follow another master id, which is not 0. It keeps
// its view, and goes on serving by it, until the new master issues one. A worker
// that holds something follows none of an earlier generation: it may have got
// that since the master judged what it reported.
func (f *follower) forswear(id placement.MasterID) {
	f.mu.Lock()
	old := f.mu.followed
	if f.mu.view != nil && id.Generation() <= old.Generation() {
		f.mu.Unlock()
		return
	}
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

// Joined returns a channel that is closed once the worker is part of a cluster: a master
// has taken it up. Start may return long before.
func (w *Worker) Joined() <-chan struct{} { return w.follower.joined }

// request asks for what is newer than the view held.
func (f *follower) request(wait time.Duration) *wire.ViewRequest {
	followed, view := f.following()
	req := &wire.ViewRequest{MasterID: uint64(followed), WaitMS: wait.Milliseconds()}
	if view != nil && view.MasterID == followed {
		req.Since = uint64(view.Epoch)
	}
	return req
}

var (
	// errOtherMaster is returned for a view of a master that is not followed.
	errOtherMaster = errors.New("view of another master id")
	// errUnheard is returned for a view that must wait until the master has
	// heard of the one that is held here.
	errUnheard = errors.New("the master has not heard of the view held here")
)

// adopt takes up a view. It believes the delta, not what stands around it.
func (f *follower) adopt(reply *wire.ViewReply) error {
	if len(reply.Delta) == 0 {
		return nil
	}
	delta, err := placement.DecodeDelta(reply.Delta)
	if err != nil {
		return fmt.Errorf("read view: %w", err)
	}
	if delta.Cluster != f.w.cfg.Cluster {
		return fmt.Errorf("read view: it is of cluster %q, this is %q", delta.Cluster, f.w.cfg.Cluster)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	id, old := delta.MasterID, f.mu.view
	if f.mu.followed != 0 && f.mu.followed != id {
		return fmt.Errorf("%w: %s instead of %s", errOtherMaster, id, f.mu.followed)
	}
	base := old
	switch {
	case old != nil && old.MasterID == id && delta.Epoch <= old.Epoch:
		return nil
	case old != nil && old.MasterID != id && !f.mu.claimed:
		return errUnheard
	case old != nil && old.MasterID != id:
		base = nil // a full delta: the asker's id differed
	}
	view, err := base.Apply(delta)
	if err != nil {
		return fmt.Errorf("apply view: %w", err)
	}
	if old != nil && len(old.Partitions) != len(view.Partitions) {
		return fmt.Errorf("apply view: it has %d partitions, the cluster had %d", len(view.Partitions), len(old.Partitions))
	}
	f.mu.followed = id
	f.mu.view = view
	f.w.install(view)
	if _, ok := view.Node(f.w.incarnation); ok && !f.mu.has {
		f.mu.has = true
		close(f.joined)
	}
	close(f.mu.news)
	f.mu.news = make(chan struct{})
	return nil
}

// install makes a view the one in force here, in the order that leases need,
// see standing. The follower's lock keeps views in order.
func (w *Worker) install(view *placement.View) {
	t := w.table.Load()
	if t == nil {
		t = w.newTable(len(view.Partitions))
	}
	w.standing.begin(view)
	w.current.Store(view)
	w.table.Store(t)
	w.links.share(view, t.partitions)
	w.links.shareRate(view, w.filler.rate)
	for i := range t.partitions {
		p, config := &t.partitions[i], &view.Partitions[i]
		if p.epoch.Load() >= uint64(config.Epoch) {
			continue
		}
		p.epoch.Store(uint64(config.Epoch))
		w.step(p, func(c *replica.Core, out *replica.Effects) { c.Adopt(w.now(), *config, out) })
	}
	w.standing.installed(view)
	w.links.forget(view)
}
