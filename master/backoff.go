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
	// From so many failures on a pair is taken to go on failing: a quarter of a minute of pauses
	// has not helped, and nothing else is to wait for it.
	stubborn = 5
)

// pair is a partition and a worker that it was to move to.
type pair struct {
	partition placement.PartitionID
	target    placement.Incarnation
}

// penalty is what a pair has earned.
type penalty struct {
	failures int
	at       time.Time // of the last failure
	until    time.Time // no new attempt before
	need     int64     // bytes, as its primary has said while it was filled; 0: not known
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
		if now.Sub(pen.until) > maxBackoff && !trying(v, key) {
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
	return penalty{failures: p.failures + 1, at: now, until: now.Add(wait), need: p.need}
}

// trying reports whether v has the pair's learner: an attempt may take longer than the memory
// of the one before.
func trying(v *placement.View, key pair) bool {
	return int(key.partition) < len(v.Partitions) && slices.Contains(v.Partitions[key.partition].Learners, key.target)
}

// measure notes how large what has failed is, as primaries say who try it again.
func (b *backoff) measure(heard map[placement.Incarnation]report) {
	for _, r := range heard {
		for _, m := range r.moves {
			key := pair{m.id, m.to}
			if pen, known := b.pairs[key]; known && m.total > 0 {
				pen.need = m.total
				b.pairs[key] = pen
			}
		}
	}
}

// stubborn reports whether filling p at target has failed again and again.
func (b *backoff) stubborn(p placement.PartitionID, target placement.Incarnation) bool {
	return b.pairs[pair{p, target}].failures >= stubborn
}

// avoid reports whether p must not be tried on target yet.
func (b *backoff) avoid(p placement.PartitionID, target placement.Incarnation, now time.Time) bool {
	return now.Before(b.pairs[pair{p, target}].until)
}
