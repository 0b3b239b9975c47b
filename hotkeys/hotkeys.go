// Package hotkeys finds the keys that are asked for most, in a few kilobytes.
//
// It is the Space-Saving algorithm of Metwally, Agrawal and El Abbadi ("Efficient
// Computation of Frequent and Top-k Elements in Data Streams", 2005): a fixed number
// of counters, each of one key; a key without a counter takes over the smallest one
// with its count, which may be too high by just that, and remembers it as its error. A
// key that makes more than one part in Slots of all that was added always has a
// counter. What was added loses weight as time passes: see Sketch.Decay.
package hotkeys

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"math"
	"slices"
	"sync"
)

const (
	// Slots is how many keys are counted at a time.
	Slots = 64
	// MaxKey is how many bytes of a key are kept, the first ones, to show it. Keys are
	// told apart by all their bytes.
	MaxKey = 64
)

// Sketch counts keys. It neither allocates nor grows. Safe for concurrent use.
type Sketch struct {
	seed maphash.Seed // of its own, so that nobody can make keys that look the same

	mu    sync.Mutex // guards all below
	total float64    // of all keys that were added
	used  int        // slots, the first ones
	// What Add looks at lies together.
	hash  [Slots]uint64
	count [Slots]float64
	err   [Slots]float64 // by how much count may be too high
	name  [Slots]name
}

// name is what is kept of a key.
type name struct {
	size  int // of the whole key
	bytes [MaxKey]byte
}

// Hot is a key with its share.
type Hot struct {
	Key  []byte // its first bytes, at most MaxKey
	Size int    // how many it has
	// Share is what it makes of all that was added, at least: neither what the sketch
	// nor what chance may have added to it is counted.
	Share float64
}

// New returns an empty sketch.
func New() *Sketch { return &Sketch{seed: maphash.MakeSeed()} }

// Add counts a key once.
func (s *Sketch) Add(key []byte) {
	hash := maphash.Bytes(s.seed, key)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total++
	if at := slices.Index(s.hash[:s.used], hash); at >= 0 {
		s.count[at]++
		return
	}
	at := s.used
	if at < Slots {
		s.used++
		s.count[at] = 0
	} else {
		at = 0
		for i, c := range s.count {
			if c < s.count[at] {
				at = i
			}
		}
	}
	s.err[at] = s.count[at]
	s.count[at]++
	s.hash[at] = hash
	s.name[at].size = len(key)
	copy(s.name[at].bytes[:], key)
}

// Decay multiplies the weight of all that was added before by factor, below 1.
func (s *Sketch) Decay(factor float64) {
	const nothing = 1e-3
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total *= factor
	if s.total < nothing {
		s.total, s.used = 0, 0
		return
	}
	for i := range s.used {
		s.count[i] *= factor
		s.err[i] *= factor
	}
}

// Hottest returns the keys with the largest shares, at most n, the largest first: none
// before what was added weighs at least as much as enough keys. What was added is
// taken for a sample of what there was.
func (s *Sketch) Hottest(n int, enough float64) []Hot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total == 0 || s.total < enough {
		return nil
	}
	var all []Hot
	for i := range s.used {
		if share := surely((s.count[i]-s.err[i])/s.total, s.total); share > 0 {
			all = append(all, Hot{Size: s.name[i].size, Share: share, Key: s.name[i].bytes[:min(s.name[i].size, MaxKey)]})
		}
	}
	slices.SortFunc(all, func(a, b Hot) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), bytes.Compare(a.Key, b.Key))
	})
	all = all[:min(n, len(all))]
	for i := range all {
		all[i].Key = bytes.Clone(all[i].Key) // before another takes its place
	}
	return slices.Clip(all)
}

// surely is a share of all that a share of n samples hardly ever overstates: two
// standard deviations below it.
func surely(share, n float64) float64 { return share - 2*math.Sqrt(share*(1-min(share, 1))/n) }
