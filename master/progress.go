package master

import (
	"math"
	"sync"
	"time"

	"pikv/placement"
)

// rateMemory is over how long rates are smoothed: a fill's steps are uneven.
const rateMemory = 3 * time.Second

// move is a fill under way, as its primary reports it.
type move struct {
	id          placement.PartitionID
	to          placement.Incarnation
	done, total int64 // bytes
	rate        int64 // bytes/s, smoothed; 0 when it has just begun
}

// fill is what a move is about.
type fill struct {
	id placement.PartitionID
	to placement.Incarnation
}

// progress makes rates of what one primary reports about its fills. Not safe
// for concurrent use.
type progress struct {
	at    time.Time
	done  map[fill]int64
	rates map[fill]float64
	all   float64 // of everything that it sends, bytes/s
}

// observe takes the moves of the report at now, and fills in their rates.
func (p *progress) observe(moves []move, now time.Time) {
	age := now.Sub(p.at)
	known := p.done != nil && age > 0
	done, rates := make(map[fill]int64, len(moves)), make(map[fill]float64, len(moves))
	var sent int64
	for i := range moves {
		m := &moves[i]
		key := fill{m.id, m.to}
		was, old := p.done[key]
		if !old || was > m.done {
			was = 0 // it has begun, or begun anew, since
		}
		done[key] = m.done
		if known {
			sent += m.done - was
			rates[key] = smooth(p.rates[key], m.done-was, age, old)
		}
		m.rate = int64(rates[key])
	}
	if known {
		p.all = smooth(p.all, sent, age, true)
	}
	if len(moves) == 0 && p.all < 1 {
		p.all = 0
	}
	p.at, p.done, p.rates = now, done, rates
}

// smooth returns the rate after bytes in age, where it was rate before. The
// first measure of something stands for itself.
func smooth(rate float64, bytes int64, age time.Duration, known bool) float64 {
	latest := float64(bytes) / age.Seconds()
	if !known || rate == 0 {
		return latest
	}
	keep := math.Exp(-age.Seconds() / rateMemory.Seconds())
	return rate*keep + latest*(1-keep)
}

// syncWatch remembers since when the cluster is fully synced, or not. Safe for
// concurrent use.
type syncWatch struct {
	mu     sync.Mutex
	synced bool
	since  time.Time
}

// newSyncWatch begins unsynced.
func newSyncWatch(now time.Time) *syncWatch { return &syncWatch{since: now} }

// observe takes how it is now, and returns for how long it has been so.
func (w *syncWatch) observe(synced bool, now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if synced != w.synced {
		w.synced, w.since = synced, now
	}
	return max(0, now.Sub(w.since))
}
