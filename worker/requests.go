package worker

import (
	"math/rand/v2"

	"pikv/replica"
)

// kind is what a request is counted as.
type kind uint8

const (
	reading kind = iota
	writing      // puts and all updates
	deleting
	kinds     = int(deleting) + 1
	uncounted = deleting + 1 // a worker's own
)

// requests counts by kind what clients have asked of a partition since that was taken
// into account, see load: one for each key, and those that were redirected, too.
type requests [kinds]uint32

// sampleEvery is the mean distance of the requests of a partition whose keys the sketch
// is given. To give it one costs less than a tenth of a request.
const sampleEvery = 64

// someDistance is a distance drawn at random, so that no pattern in the requests can
// hide a key or make it look hotter.
func someDistance() uint8 { return uint8(rand.Uint32N(2 * sampleEvery)) }

// countLocked counts a request for a key. The caller holds p.mu.
func (w *Worker) countLocked(p *partition, k kind, key []byte) {
	if k == uncounted {
		return
	}
	p.asked[k]++
	if p.left > 0 {
		p.left--
		return
	}
	w.hot.Add(key)
	p.left = someDistance()
}

// kindOf says what an operation counts as. Commands of Redis that decide by themselves
// are counted where they come in.
func kindOf(op replica.OpKind) kind {
	switch op {
	case replica.OpGet:
		return reading
	case replica.OpPut, replica.OpIncr:
		return writing
	case replica.OpDelete:
		return deleting
	default:
		return uncounted
	}
}

// requests is how many of all kinds there were since the start; for a moment, while
// they are taken into account, it may be fewer.
func (w *Worker) requests() int64 {
	all := w.load.taken.Load()
	if t := w.table.Load(); t != nil {
		for i := range t.partitions {
			all += t.partitions[i].requests()
		}
	}
	return all
}

// requests is how many there were since they were taken into account.
func (p *partition) requests() (all int64) {
	p.mu.Lock()
	defer p.unlock()
	for _, n := range p.asked {
		all += int64(n)
	}
	return all
}
