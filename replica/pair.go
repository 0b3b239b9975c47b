package replica

import (
	"sync/atomic"
	"time"

	"pikv/placement"
	"pikv/store"
)

// Pairs finds what this node shares with another one. Safe for concurrent use.
type Pairs interface {
	// Pair returns the pair with another node, never nil, and the same one
	// for as long as a configuration names that node.
	Pair(placement.Incarnation) *Pair
}

// Pair is what this node knows of another one, whatever the partition: since
// when it is silent, until when it lets this node serve, and how much it can
// still take. All cores of a node share its pairs. Safe for concurrent use.
// Times are of this node's clock.
type Pair struct {
	heard  atomic.Int64 // the last sign of life
	until  atomic.Int64 // the other will not serve in this node's place before
	room   atomic.Int64 // bytes that it will still take
	keep   atomic.Int64 // of which so many are to stay free
	short  Shortage     // of its memory
	queued atomic.Int64 // bytes of messages that have not left this node, but for
	fills  atomic.Int64 // those of snapshots
	gone   atomic.Bool
}

// NewPair returns a pair with a node that has just become known: its silence
// counts from now, and its memory is taken to be large until it says.
func NewPair(now store.Instant) *Pair {
	p := &Pair{}
	p.heard.Store(int64(now))
	p.room.Store(1 << 62)
	return p
}

// Hear notes a sign of life.
func (p *Pair) Hear(now store.Instant) {
	p.heard.Store(int64(now))
	if p.gone.Load() {
		p.gone.Store(false)
	}
}

// Heard returns when the other gave its last sign of life.
func (p *Pair) Heard() store.Instant { return store.Instant(p.heard.Load()) }

// Silent reports whether the other has given no sign of life for silence.
func (p *Pair) Silent(now store.Instant, silence time.Duration) bool {
	return now-p.Heard() > store.Instant(silence)
}

// SetGone notes that the other's process has ended, as far as can be seen
// from here: its connection broke and a new one is refused. The next sign of
// life takes that back.
func (p *Pair) SetGone() { p.gone.Store(true) }

// Gone reports whether the other's process seems to have ended.
func (p *Pair) Gone() bool { return p.gone.Load() }

// Grant extends the lease: the other answered what this node asked at asked.
// It counts from the asking, not from the answer's arrival, which may be late.
// Answers to questions that this node has not asked yet are ignored. renewed
// reports that the lease had lapsed.
func (p *Pair) Grant(now, asked store.Instant, lease time.Duration) (renewed bool) {
	if asked <= 0 || asked > now {
		return false
	}
	until := int64(asked) + int64(lease)
	for {
		old := p.until.Load()
		if until <= old {
			return false
		}
		if p.until.CompareAndSwap(old, until) {
			return old <= int64(now) && until > int64(now)
		}
	}
}

// Leased reports whether the other's lease lasts at now.
func (p *Pair) Leased(now store.Instant) bool { return int64(now) < p.until.Load() }

// SetRoom notes how many bytes of further writes the other will take, and how
// many of them it wants to stay free.
func (p *Pair) SetRoom(bytes, keep int64) {
	p.room.Store(bytes)
	p.keep.Store(keep)
	p.short.Look()
}

// Lacks is how many bytes of what the other holds are to be evicted; 0 or less:
// none.
func (p *Pair) Lacks() int64 { return p.short.Of(p.room.Load(), p.keep.Load()) }

// reserve takes n bytes of the room, or none and returns false.
func (p *Pair) reserve(n int64) bool {
	if n <= 0 {
		return true
	}
	for {
		room := p.room.Load()
		if n > room {
			return false
		}
		if p.room.CompareAndSwap(room, room-n) {
			return true
		}
	}
}

// restore gives back what reserve took for nothing.
func (p *Pair) restore(n int64) { p.room.Add(n) }

// Queue notes that so many bytes more of messages to the other wait to leave this
// node, or less when bytes is negative. To send again what still waits here would
// only add to the queue.
func (p *Pair) Queue(bytes int64) { p.queued.Add(bytes) }

// QueueFill is Queue for messages with a snapshot's items, which are paced.
func (p *Pair) QueueFill(bytes int64) { p.fills.Add(bytes) }

// filled reports whether all those have left this node.
func (p *Pair) filled() bool { return p.fills.Load() == 0 }

// flushed reports whether all other messages to the other have left this node.
func (p *Pair) flushed() bool { return p.queued.Load() == 0 }
