package master

import (
	"errors"
	"maps"
	"sync"
	"time"

	"pikv/placement"
	"pikv/register"
	"pikv/wire"
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
	register.Report
	used int64 // bytes
	keys int64
	// mortal are those of them that have a time to live.
	mortal int64
	// eviction is the worker's --eviction, evicted how many keys it has evicted,
	// and expired how many it has removed because their time was over.
	eviction         string
	evicted, expired int64
	// load is what clients ask of the worker, checked, but for one thing: partitions
	// may be none of the view in force.
	load wire.Load
	// moves are the fills that the worker has under way as a primary, at most
	// wire.MaxReported; rate is what they take together, bytes/s.
	moves []move
	rate  int64
	// waiting are partitions that it is primary of and cannot serve, at most
	// wire.MaxReported.
	waiting []wait
	at      time.Time
}

// wait is a partition that its primary cannot serve, or not commit to.
type wait struct {
	id  placement.PartitionID
	on  placement.Incarnation // the node that it waits for, 0: nobody
	why string
}

// reports keeps the last report of every worker. Safe for concurrent use.
type reports struct {
	mu    sync.Mutex
	last  map[placement.Incarnation]report
	moves map[placement.Incarnation]*progress
	fresh chan struct{} // signals a report that may let something go on, size 1
}

func newReports() *reports {
	return &reports{
		last:  make(map[placement.Incarnation]report),
		moves: make(map[placement.Incarnation]*progress),
		fresh: make(chan struct{}, 1),
	}
}

// record keeps r in the place of the worker's last report, and returns it as
// kept: a claim that was heard stays so.
func (t *reports) record(r report) (report, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old, known := t.last[r.Incarnation]
	if !known && len(t.last) >= maxReports && !t.makeRoomLocked(r.at) {
		return r, errTooManyWorkers
	}
	if !known {
		for inc, before := range t.last {
			if before.Name == r.Name {
				before.Report = before.Replaced()
				t.last[inc] = before
			}
		}
	}
	r.Report = r.After(old.Report)
	if t.moves[r.Incarnation] == nil {
		t.moves[r.Incarnation] = &progress{}
	}
	t.moves[r.Incarnation].observe(r.moves, r.at)
	r.rate = int64(t.moves[r.Incarnation].all)
	t.last[r.Incarnation] = r
	if !known || old.Follows != r.Follows || (r.Claim != nil && !r.Heard) || (r.Epoch == 0) != (old.Epoch == 0) {
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
			delete(t.moves, inc)
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
		if r, ok := t.last[inc]; ok {
			r.Report = r.Hear(s.Report, id)
			t.last[inc] = r
		}
	}
}

// within reports whether the report is no older than age.
func (r report) within(age time.Duration, now time.Time) bool { return now.Sub(r.at) <= age }

// ready reports whether the worker may be given work by the master of id now.
func (r report) ready(id placement.MasterID, now time.Time) bool {
	return r.Followed(id) && r.within(freshReport, now)
}

// claimsOf returns the claims of the followers of id among heard.
func claimsOf(id placement.MasterID, heard map[placement.Incarnation]report) register.Claims {
	reports := make([]register.Report, 0, len(heard))
	for _, r := range heard {
		reports = append(reports, r.Report)
	}
	return register.ClaimsOf(id, reports)
}
