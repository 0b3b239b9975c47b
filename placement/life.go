package placement

import (
	"errors"
	"fmt"
	"slices"
)

// ErrReset is returned by Reset for a list that the view does not allow.
var ErrReset = errors.New("the partitions cannot be reset so")

// Reset returns the view after v in which each of the given partitions begins
// a new life, empty: primaries[i] is the primary of partitions[i] and in sync
// alone. All that was acknowledged in the life before is given up, so this is
// for an operator, or a rule that he chose. It is refused as a whole when one
// partition is not in v, is named twice or has had too many lives, or when a
// primary is not an active node of v; errors wrap ErrReset.
//
// Reset does not change v; the result shares what is equal with it. Replaced
// is set, since whoever was primary may hold leases still.
func (v *View) Reset(partitions []PartitionID, primaries []Incarnation) (*View, error) {
	if len(partitions) == 0 || len(partitions) != len(primaries) {
		return nil, fmt.Errorf("reset %d partitions with %d primaries: %w", len(partitions), len(primaries), ErrReset)
	}
	next := *v
	next.Epoch++
	next.Partitions = slices.Clone(v.Partitions)
	for i, id := range partitions {
		if int(id) >= len(v.Partitions) {
			return nil, fmt.Errorf("reset partition %d: %w: %w", id, ErrReset, ErrNoPartition)
		}
		was := next.Partitions[id]
		node, known := v.Node(primaries[i])
		switch {
		case was.Epoch == next.Epoch:
			return nil, fmt.Errorf("reset partition %d twice: %w", id, ErrReset)
		case was.Life >= MaxLife:
			return nil, fmt.Errorf("reset partition %d for the %dth time: %w", id, MaxLife+1, ErrReset)
		case !known:
			return nil, fmt.Errorf("reset partition %d to %v: %w: %w", id, primaries[i], ErrReset, ErrUnknownNode)
		case node.State != NodeActive:
			return nil, fmt.Errorf("reset partition %d to %q: %w: %w", id, node.Name, ErrReset, ErrDraining)
		}
		next.Partitions[id] = Partition{
			Epoch:    next.Epoch,
			Primary:  node.Incarnation,
			InSync:   []Incarnation{node.Incarnation},
			Replaced: true,
			Life:     was.Life + 1,
		}
	}
	return &next, nil
}

// WithReplicas returns the view after v that aims at n in-sync replicas, nil
// when v does so already, and an error unless n is 1 to MaxReplicas. Plan
// suggests what brings the partitions there.
func (v *View) WithReplicas(n int) (*View, error) {
	if n < 1 || n > MaxReplicas {
		return nil, fmt.Errorf("aim at %d replicas, not 1 to %d: %w", n, MaxReplicas, ErrInvalid)
	}
	if n == v.Replicas {
		return nil, nil
	}
	next := *v
	next.Epoch++
	next.Replicas = n
	return &next, nil
}
