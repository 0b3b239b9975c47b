package register

import (
	"cmp"
	"slices"

	"pikv/placement"
)

// State is all that the register keeps: it is durable before anyone sees it. A
// State that has been published is never changed, nor is its View. Safe for
// concurrent reading.
type State struct {
	// View is the placement in force; nil before the cluster's birth.
	View *placement.View
	// Frozen are the partitions that must not change yet, because a replica
	// that may know more of them has not reported since the register was
	// rebuilt. Sorted by partition.
	Frozen []Frozen
	// Forsworn are the ids of the registers that this one replaced, the
	// latest last: a worker that follows one of them may be taken over.
	Forsworn []placement.MasterID
	// Orders are what operators have asked for beside the view.
	Orders Orders
}

// maxForsworn bounds State.Forsworn: each is one loss of the file.
const maxForsworn = 64

// IsFrozen reports whether partition p is frozen.
func (s *State) IsFrozen(p placement.PartitionID) bool { return s.frozen(p) != nil }

// frozen returns the entry of partition p, nil when it is not frozen.
func (s *State) frozen(p placement.PartitionID) *Frozen {
	i, found := slices.BinarySearchFunc(s.Frozen, p, func(f Frozen, p placement.PartitionID) int { return cmp.Compare(f.Partition, p) })
	if !found {
		return nil
	}
	return &s.Frozen[i]
}

// namedByFrozen calls f for every replica that a frozen partition may have.
func (s *State) namedByFrozen(f func(placement.Incarnation)) {
	for i := range s.Frozen {
		for _, conf := range s.Frozen[i].Known {
			for _, inc := range replicasOf(conf) {
				f(inc)
			}
		}
	}
}

// Forswore reports whether id is that of a register that this one replaced.
func (s *State) Forswore(id placement.MasterID) bool { return slices.Contains(s.Forsworn, id) }

// Epoch returns the view's epoch, 0 before the birth.
func (s *State) Epoch() placement.Epoch {
	if s.View == nil {
		return 0
	}
	return s.View.Epoch
}

// WithView returns a State like s with another view.
func (s *State) WithView(v *placement.View) *State {
	next := *s
	next.View = v
	return &next
}

// WithReplicas returns the State after s that aims at n in-sync replicas, s
// itself when it does so already. The error is placement's.
func (s *State) WithReplicas(n int) (*State, error) {
	if s.View == nil {
		return nil, ErrNoView
	}
	view, err := s.View.WithReplicas(n)
	if err != nil || view == nil {
		return s, err
	}
	return s.WithView(view), nil
}
