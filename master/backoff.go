package master

import (
	"slices"
	"time"

	"pikv/placement"
)

const (
	// A learner that was dropped before it was in sync may have been the
	// victim of a flapping link: the pair waits, longer after each failure.
	firstBackoff = time.Second
	maxBackoff   = time.Minute
)

// pair is a partition and a worker that it was to move to.
type pair struct {
	partition placement.PartitionID
	target    placement.Incarnation
}

// penalty is what a pair has earned.
type penalty struct {
	failures int
	until    time.Time // no new attempt before
}

// backoff remembers which fills failed. Not safe for concurrent use.
type backoff struct {
	last  *placement.View // what observe saw last
	pairs map[pair]penalty
}

func newBackoff() *backoff { return &backoff{pairs: make(map[pair]penalty)} }

// observe compares v with the view before it: a learner that is gone without
// having been promoted is a failure, one that is in sync clears the pair. A
// failure is forgotten some time after its penalty has run out.
func (b *backoff) observe(v *placement.View, now time.Time) {
	if b.last != nil && b.last.MasterID == v.MasterID && len(b.last.Partitions) == len(v.Partitions) {
		for p := range v.Partitions {
			before, after := b.last.Partitions[p], v.Partitions[p]
			if before.Epoch == after.Epoch {
				continue
			}
			for _, inc := range before.Learners {
				key := pair{placement.PartitionID(p), inc}
				switch {
				case slices.Contains(after.InSync, inc):
					delete(b.pairs, key)
				case !slices.Contains(after.Learners, inc):
					b.pairs[key] = b.pairs[key].after(now)
				}
			}
		}
	}
	b.last = v
	for key, pen := range b.pairs {
		if now.Sub(pen.until) > maxBackoff {
			delete(b.pairs, key)
		}
	}
}

// after returns the penalty after one more failure.
func (p penalty) after(now time.Time) penalty {
	wait := maxBackoff
	if p.failures < 6 { // more would pass maxBackoff
		wait = min(maxBackoff, firstBackoff<<p.failures)
	}
	return penalty{p.failures + 1, now.Add(wait)}
}

// avoid reports whether p must not be tried on target yet.
func (b *backoff) avoid(p placement.PartitionID, target placement.Incarnation, now time.Time) bool {
	return now.Before(b.pairs[pair{p, target}].until)
}
