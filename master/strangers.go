package master

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

const (
	maxStrangers  = 64
	strangerStays = 30 * time.Second
)

// strangers remembers the workers that hold a view of a register that this
// master knows nothing about, so that each is logged once a while and shown in
// the members. Safe for concurrent use.
type strangers struct {
	mu   sync.Mutex
	seen map[string]strangerSeen // by name
}

type strangerSeen struct {
	last   time.Time
	logged time.Time
}

func newStrangers() *strangers { return &strangers{seen: make(map[string]strangerSeen)} }

// note takes a report of a stranger and reports whether to log it.
func (s *strangers) note(name string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other, seen := range s.seen {
		if now.Sub(seen.last) > strangerStays {
			delete(s.seen, other)
		}
	}
	seen, known := s.seen[name]
	if !known && len(s.seen) >= maxStrangers {
		return false
	}
	speak := !known || now.Sub(seen.logged) >= nagEvery
	if speak {
		seen.logged = now
	}
	seen.last = now
	s.seen[name] = seen
	return speak
}

// names returns who was seen lately, sorted.
func (s *strangers) names(now time.Time) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name, seen := range s.seen {
		if now.Sub(seen.last) <= strangerStays {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, cmp.Compare)
	return names
}
