package placement

import (
	"errors"
	"fmt"
	"slices"
)

// Why Apply cannot use a delta.
var (
	ErrGap          = errors.New("the delta starts after the view") // ask for an earlier or a full one
	ErrOtherMaster  = errors.New("the delta is another master's")   // only a full delta changes masters
	ErrOtherCluster = errors.New("the delta is another cluster's")
)

// Delta is what a View has that the view of epoch From had not: nodes in
// full, and the partitions that changed. Like a View it is never changed once
// it is made.
type Delta struct {
	Cluster  string   `codec:"cluster"`
	MasterID MasterID `codec:"master"`
	// From is the epoch that the delta starts at, at most Epoch; 0 makes it
	// full: it has every partition.
	From     Epoch  `codec:"from"`
	Epoch    Epoch  `codec:"epoch"` // of the view that it leads to
	Whole    Epoch  `codec:"whole,omitempty"`
	Replicas int    `codec:"replicas"`
	Count    int    `codec:"count"` // partitions of that view
	Nodes    []Node `codec:"nodes"`
	// Partitions has the changed ones, in the order of their ids.
	Partitions []DeltaPartition `codec:"parts"`
}

// DeltaPartition is the configuration of one partition.
type DeltaPartition struct {
	ID PartitionID `codec:"id"`
	Partition
}

// Since returns what changed in v after epoch e: nodes in full, partitions
// with a later epoch. Since(0), and any epoch before v.Whole, is everything. The
// delta shares slices with v.
func (v *View) Since(e Epoch) Delta {
	if e < v.Whole {
		e = 0
	}
	d := Delta{
		Cluster:  v.Cluster,
		MasterID: v.MasterID,
		From:     min(e, v.Epoch),
		Epoch:    v.Epoch,
		Whole:    v.Whole,
		Replicas: v.Replicas,
		Count:    len(v.Partitions),
		Nodes:    v.Nodes,
	}
	for i, p := range v.Partitions {
		if p.Epoch > e {
			d.Partitions = append(d.Partitions, DeltaPartition{ID: PartitionID(i), Partition: p})
		}
	}
	return d
}

// Apply returns the view that d leads to from v, which stays as it is; the
// two share slices, and slices of d. It has passed Validate.
//
// For a delta of v's own master: one that leads nowhere newer returns v
// itself, and one that starts after v is ErrGap. For another master's, and
// when v is nil, only a full delta will do; whether to follow that master is
// the caller's decision.
func (v *View) Apply(d Delta) (*View, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	from, err := v.base(d)
	if err != nil {
		return nil, fmt.Errorf("apply delta %d to %d: %w", d.From, d.Epoch, err)
	}
	if from != nil && d.Epoch <= from.Epoch {
		return from, nil
	}
	next := &View{
		Cluster:  d.Cluster,
		MasterID: d.MasterID,
		Epoch:    d.Epoch,
		Whole:    d.Whole,
		Replicas: d.Replicas,
		Nodes:    d.Nodes,
	}
	if from != nil {
		next.Partitions = slices.Clone(from.Partitions)
	} else {
		next.Partitions = make([]Partition, d.Count)
	}
	for _, p := range d.Partitions {
		if was := next.Partitions[p.ID].Epoch; p.Epoch < was {
			return nil, fmt.Errorf("apply delta to %d: partition %d goes back from epoch %d to %d: %w", d.Epoch, p.ID, was, p.Epoch, ErrInvalid)
		}
		next.Partitions[p.ID] = p.Partition
	}
	if err := next.Validate(); err != nil {
		return nil, fmt.Errorf("apply delta %d to %d: %w", d.From, d.Epoch, err)
	}
	return next, nil
}

// base returns the view that d is to be applied to: v, or nil when d starts
// from nothing.
func (v *View) base(d Delta) (*View, error) {
	full := d.From == 0
	switch {
	case v == nil && !full:
		return nil, ErrGap
	case v == nil:
		return nil, nil
	case v.Cluster != d.Cluster:
		return nil, ErrOtherCluster
	case v.MasterID != d.MasterID && !full:
		return nil, ErrOtherMaster
	case v.MasterID != d.MasterID:
		return nil, nil
	case d.From > v.Epoch:
		return nil, ErrGap
	case d.Count != len(v.Partitions):
		return nil, fmt.Errorf("%d partitions became %d: %w", len(v.Partitions), d.Count, ErrInvalid)
	default:
		return v, nil
	}
}

// Validate returns nil when d can have come from a valid view, else one error
// that wraps ErrInvalid and reports every problem.
func (d *Delta) Validate() error {
	var ps problems
	checkHead(&ps, d.Cluster, d.MasterID, d.Epoch, d.Whole, d.Replicas)
	if err := CheckPartitions(d.Count); err != nil {
		ps.addf("%w", err)
	}
	if d.From > d.Epoch {
		ps.addf("it starts at epoch %d, after its end", d.From)
	}
	if d.From == 0 && len(d.Partitions) != d.Count {
		ps.addf("it is full, but has %d of %d partitions", len(d.Partitions), d.Count)
	}
	known := checkNodes(&ps, d.Nodes)
	for i := range d.Partitions {
		p := &d.Partitions[i]
		if int(p.ID) >= d.Count {
			ps.addf("partition %d of %d", p.ID, d.Count)
		}
		if i > 0 && d.Partitions[i-1].ID >= p.ID {
			ps.addf("partition %d: not in the order of ids", p.ID)
		}
		if p.Epoch <= d.From {
			ps.addf("partition %d: epoch %d is not after the delta's start %d", p.ID, p.Epoch, d.From)
		}
		checkPartition(&ps, int(p.ID), &p.Partition, d.Epoch, known)
	}
	return ps.err(fmt.Sprintf("check delta to %d", d.Epoch))
}
