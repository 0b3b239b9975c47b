package membership

import (
	"errors"
	"sync"
	"sync/atomic"
)

// errNamesake stops memberlist from merging the state of a peer that says that
// this node's name lives elsewhere.
var errNamesake = errors.New("a node with this name lives at another address")

// namesake watches what peers say about this node's name at addresses that are
// not this node's. While the node is a newcomer such a claim keeps it out of
// the cluster; once admitted it is the other one that is too late.
// Safe for concurrent use.
type namesake struct {
	name, addr string       // this node's
	admitted   *atomic.Bool // the Membership's: it is a newcomer no more

	mu struct {
		sync.Mutex
		claim string // address where a peer says that the name lives, or ""
		ghost bool   // a peer still lists the name as dead or left at another address
	}
}

// listed takes one entry of a peer's state. An error refuses the whole state.
func (s *namesake) listed(name, addr string, gone bool) error {
	if name != s.name || addr == s.addr || s.admitted.Load() {
		return nil // a predecessor at the same address is not a rival: memberlist refutes it
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if gone {
		s.mu.ghost = true
		return nil
	}
	s.mu.claim = addr
	return errNamesake
}

// take returns what was seen since the last call.
func (s *namesake) take() (claim string, ghost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	claim, ghost = s.mu.claim, s.mu.ghost
	s.mu.claim, s.mu.ghost = "", false
	return claim, ghost
}
