package worker

import (
	"sync"

	"pikv/placement"
	"pikv/replica"
)

// standing is which view this worker's grants name, and which ones it counts.
// Safe for concurrent use; its lock is taken under no other but the follower's.
//
// A view is taken up in three steps: grants name it; every core adopts it; it
// counts as taken up. So a grant that names an earlier view was sent before any
// core here adopted the later one: whoever becomes primary by that waits until
// the lease has run out. And a grant counts here only if no core is behind the
// view that it names: one that makes its sender a primary has been adopted.
type standing struct {
	mu struct {
		sync.Mutex
		named placement.MasterID // 0: no view yet
		view  placement.Epoch
		taken replica.Standing
	}
}

// begin is the first step: grants name the view.
func (s *standing) begin(v *placement.View) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.named, s.mu.view = v.MasterID, v.Epoch
}

// installed is the last step: every core has adopted the view.
func (s *standing) installed(v *placement.View) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.taken.Installed(v.MasterID, v.Epoch)
}

// names returns the view that grants name now; 0 before the first.
func (s *standing) names() (placement.MasterID, placement.Epoch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.named, s.mu.view
}

// covers reports whether a grant that names that view counts.
func (s *standing) covers(id placement.MasterID, view placement.Epoch) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.taken.Covers(id, view)
}
