package master

import (
	"cmp"
	"slices"

	"pikv/placement"
)

// State is all that the register keeps: it is in the file before anyone sees
// it. A State that has been published is never changed, nor is its View. Safe
// for concurrent reading.
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
}

// Frozen is a partition that keeps serving in the configuration that it has,
// and is given no other.
type Frozen struct {
	Partition placement.PartitionID
	// Reported is the partition's epoch as the workers reported it. A worker
	// that reports a higher one knows better. (The epoch in the view differs
	// when the configuration was corrected after the first publication.)
	Reported placement.Epoch
}

// maxForsworn bounds State.Forsworn: each is one loss of the file.
const maxForsworn = 64

// frozen reports whether partition p is frozen.
func (s *State) frozen(p placement.PartitionID) bool {
	_, found := slices.BinarySearchFunc(s.Frozen, p, func(f Frozen, p placement.PartitionID) int {
		return cmp.Compare(f.Partition, p)
	})
	return found
}

// forswore reports whether id is that of a register that this one replaced.
func (s *State) forswore(id placement.MasterID) bool { return slices.Contains(s.Forsworn, id) }

// epoch returns the view's epoch, 0 before the birth.
func (s *State) epoch() placement.Epoch {
	if s.View == nil {
		return 0
	}
	return s.View.Epoch
}

// withView returns a State like s with another view.
func (s *State) withView(v *placement.View) *State {
	next := *s
	next.View = v
	return &next
}
