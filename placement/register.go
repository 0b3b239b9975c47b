package placement

import (
	"errors"
	"fmt"
	"slices"
)

// Why the register refuses a change. A refused change has no effect.
var (
	ErrStaleEpoch   = errors.New("another configuration of the partition is in force")
	ErrNoPartition  = errors.New("there is no such partition")
	ErrNotAsker     = errors.New("only the partition's primary may ask for it")
	ErrNotBackup    = errors.New("only an in-sync backup of the partition may ask for it")
	ErrUnknownNode  = errors.New("the view does not know the node")
	ErrDraining     = errors.New("the node is draining and is given nothing")
	ErrAlreadyThere = errors.New("the node is a replica of the partition already")
	ErrNotLearner   = errors.New("the node is not a learner of the partition")
	ErrNotInSync    = errors.New("the node is not an in-sync backup of the partition")
	ErrNotReplica   = errors.New("the node is not a replica of the partition")
	ErrLastInSync   = errors.New("the node is the last in-sync replica of the partition")
	ErrPrimary      = errors.New("the node is the partition's primary: hand over first")
	ErrUnknownKind  = errors.New("this kind of change is not known")
)

// Next is the register: a compare-and-set per partition. It returns the view
// after v, with one new epoch that carries every change taken, and for each
// change nil or why it was refused (one of the errors above, wrapped). When
// none was taken next is nil and v stays in force.
//
// A change is taken only at the very epoch that its partition has in v, so of
// two changes to one partition the first wins and the second is stale. What
// is taken leaves the primary in sync, and the in-sync set never empty: a
// primary goes only when one of its in-sync backups takes its place.
//
// Next does not change v; next shares what is equal with it. The caller has
// next on disk before anyone sees it.
func (v *View) Next(changes []Change) (next *View, refused []error) {
	refused = make([]error, len(changes))
	for i, c := range changes {
		part, err := v.after(c)
		if next != nil && int(c.Partition) < len(next.Partitions) && next.Partitions[c.Partition].Epoch == next.Epoch {
			err = ErrStaleEpoch // an earlier change of the batch won
		}
		if err != nil {
			refused[i] = fmt.Errorf("%v on partition %d: %w", c.Kind, c.Partition, err)
			continue
		}
		if next == nil {
			copied := *v
			next = &copied
			next.Epoch++
			next.Partitions = slices.Clone(v.Partitions)
		}
		part.Epoch = next.Epoch
		next.Partitions[c.Partition] = part
	}
	return next, refused
}

// after returns the configuration that c makes of its partition in v, still
// with the old epoch, or why c is refused.
func (v *View) after(c Change) (Partition, error) {
	if int(c.Partition) >= len(v.Partitions) {
		return Partition{}, ErrNoPartition
	}
	p := v.Partitions[c.Partition]
	if c.Epoch != p.Epoch {
		return Partition{}, ErrStaleEpoch
	}
	if c.Kind == Replace {
		return replace(p, c.Asker, c.Node)
	}
	if c.Asker != p.Primary {
		return Partition{}, ErrNotAsker
	}
	switch c.Kind {
	case AddLearner:
		return v.addLearner(p, c.Node)
	case Promote:
		return promote(p, c.Node)
	case HandOver:
		return handOver(p, c.Node)
	case Drop:
		return drop(p, c.Node)
	default:
		return Partition{}, ErrUnknownKind
	}
}

func (v *View) addLearner(p Partition, node Incarnation) (Partition, error) {
	n, known := v.Node(node)
	switch {
	case !known:
		return Partition{}, ErrUnknownNode
	case p.isInSync(node) || p.isLearner(node):
		return Partition{}, ErrAlreadyThere
	case n.State != NodeActive:
		return Partition{}, ErrDraining
	}
	p.Learners = with(p.Learners, node)
	p.Replaced = false
	return p, nil
}

func promote(p Partition, node Incarnation) (Partition, error) {
	if !p.isLearner(node) {
		return Partition{}, ErrNotLearner
	}
	p.Learners = without(p.Learners, node)
	p.InSync = with(p.InSync, node)
	p.Replaced = false
	return p, nil
}

func handOver(p Partition, node Incarnation) (Partition, error) {
	if node == p.Primary || !p.isInSync(node) {
		return Partition{}, ErrNotInSync
	}
	p.Primary = node
	p.Replaced = false
	return p, nil
}

// replace keeps the learners: the new primary starts their fill anew, or drops
// them.
func replace(p Partition, asker, node Incarnation) (Partition, error) {
	switch {
	case asker == p.Primary || !p.isInSync(asker):
		return Partition{}, ErrNotBackup
	case node == p.Primary || !p.isInSync(node):
		return Partition{}, ErrNotInSync
	}
	p.InSync = without(p.InSync, p.Primary)
	p.Primary = node
	p.Replaced = true
	return p, nil
}

func drop(p Partition, node Incarnation) (Partition, error) {
	switch {
	case node == p.Primary && len(p.InSync) == 1:
		return Partition{}, ErrLastInSync
	case node == p.Primary:
		return Partition{}, ErrPrimary
	case p.isInSync(node):
		p.InSync = without(p.InSync, node)
	case p.isLearner(node):
		p.Learners = without(p.Learners, node)
	default:
		return Partition{}, ErrNotReplica
	}
	return p, nil
}

func (p *Partition) isInSync(node Incarnation) bool  { return slices.Contains(p.InSync, node) }
func (p *Partition) isLearner(node Incarnation) bool { return slices.Contains(p.Learners, node) }

// with returns a sorted copy of the sorted set, which has not node in it,
// with node.
func with(set []Incarnation, node Incarnation) []Incarnation {
	at, _ := slices.BinarySearch(set, node)
	grown := make([]Incarnation, 0, len(set)+1)
	grown = append(grown, set[:at]...)
	grown = append(grown, node)
	return append(grown, set[at:]...)
}

// without returns a copy of the sorted set that has not node in it, nil when
// nothing is left.
func without(set []Incarnation, node Incarnation) []Incarnation {
	var left []Incarnation
	for _, inc := range set {
		if inc != node {
			left = append(left, inc)
		}
	}
	return left
}
