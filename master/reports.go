package master

import (
	"errors"
	"maps"
	"sync"
	"time"

	"pikv/placement"
)

const (
	// maxReports bounds the workers that are remembered, far above the
	// hundred nodes that a cluster is made for.
	maxReports = 512
	// forgetReport is after how long a silent worker may be forgotten when
	// there are too many.
	forgetReport = time.Minute
	// freshReport is how old the last report of a worker may be that is given
	// something to do. Workers report several times a second.
	freshReport = 3 * time.Second
)

// errTooManyWorkers refuses a report for lack of room.
var errTooManyWorkers = errors.New("too many workers report")

// report is what a worker said last.
type report struct {
	name        string
	incarnation placement.Incarnation
	follows     placement.MasterID // 0: nobody yet
	epoch       placement.Epoch    // of the view that it holds, 0 for none
	used        int64              // bytes
	keys        int64
	// claim is the view that the worker holds of a register that it has
	// forsworn; nil when it holds none, or one of the master that it follows.
	claim *placement.View
	// heard is set once the claim is in the register's State, or was found
	// to be of no use: the worker may now adopt a view in its place.
	heard bool
	at    time.Time
}

// reports keeps the last report of every worker. Safe for concurrent use.
type reports struct {
	mu    sync.Mutex
	last  map[placement.Incarnation]report
	fresh chan struct{} // signals a report that may let something go on, size 1
}

func newReports() *reports {
	return &reports{last: make(map[placement.Incarnation]report), fresh: make(chan struct{}, 1)}
}

// record keeps r in the place of the worker's last report, and returns it as
// kept: a claim that was heard stays so.
func (t *reports) record(r report) (report, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old, known := t.last[r.incarnation]
	if !known && len(t.last) >= maxReports && !t.makeRoomLocked(r.at) {
		return r, errTooManyWorkers
	}
	r.heard = known && old.heard && old.follows == r.follows && sameClaim(old.claim, r.claim)
	t.last[r.incarnation] = r
	if !known || old.follows != r.follows || (r.claim != nil && !r.heard) || (r.epoch == 0) != (old.epoch == 0) {
		select {
		case t.fresh <- struct{}{}:
		default:
		}
	}
	return r, nil
}

// makeRoomLocked forgets who was silent for long.
func (t *reports) makeRoomLocked(now time.Time) bool {
	for inc, r := range t.last {
		if now.Sub(r.at) > forgetReport {
			delete(t.last, inc)
		}
	}
	return len(t.last) < maxReports
}

// snapshot returns the last report of every worker.
func (t *reports) snapshot() map[placement.Incarnation]report {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.last)
}

// markHeard notes that the claims in seen, followers of id, have been heard.
// A worker that has reported another claim meanwhile is left out.
func (t *reports) markHeard(seen map[placement.Incarnation]report, id placement.MasterID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for inc, s := range seen {
		if r, ok := t.last[inc]; ok && s.claim != nil && s.follows == id && r.follows == id && sameClaim(r.claim, s.claim) {
			r.heard = true
			t.last[inc] = r
		}
	}
}

// sameClaim reports whether a worker's two claims are the same view. A worker
// that has forsworn that view's register adopts no other one of it, so that
// the id and the epoch tell.
func sameClaim(a, b *placement.View) bool {
	return a != nil && b != nil && a.MasterID == b.MasterID && a.Epoch == b.Epoch
}

// follower reports whether the worker has sworn to follow id.
func (r report) follower(id placement.MasterID) bool { return r.follows == id }

// spoken reports whether the worker has sworn to follow id and has told what it
// holds. It is for the time before id has published a view: what a worker then
// holds can only be a claim.
func (r report) spoken(id placement.MasterID) bool {
	return r.follows == id && (r.epoch == 0 || r.claim != nil)
}

// followed reports whether the worker follows id and what it knew before has
// been heard. It is for the time after id has published a view.
func (r report) followed(id placement.MasterID) bool {
	return r.follows == id && (r.claim == nil || r.heard)
}

// ready reports whether the worker may be given work by the master of id now.
func (r report) ready(id placement.MasterID, now time.Time) bool {
	return r.followed(id) && now.Sub(r.at) <= freshReport
}
