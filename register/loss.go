package register

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pikv/placement"
)

// ErrResetRefused is returned by Reset for partitions that are not to be given
// up. The text names the node that has one still.
var ErrResetRefused = errors.New("not to be reset")

// Fate says how a partition stands, as far as gossip knows.
type Fate uint8

// The fates, each worse than the one before.
const (
	// Served: the primary lives.
	Served Fate = iota
	// Waiting: the primary does not live, but an in-sync replica does, and can
	// take over, or may come back with what it held.
	Waiting
	// Silent: no in-sync replica lives, but one may come back.
	Silent
	// Lost: every in-sync replica is gone for good. Its node is back as a
	// newer incarnation, so that what the old one held in memory is no more.
	Lost
)

// Fates returns the fate of every partition of v. heardFrom reports whether an
// incarnation has reported lately: one that has is not gone, whatever gossip
// says of its name; nil: none has.
func Fates(v *placement.View, live []placement.Node, heardFrom func(placement.Incarnation) bool) []Fate {
	alive := incarnations(live)
	current := make(map[string]placement.Incarnation, len(live))
	for _, n := range live {
		current[n.Name] = n.Incarnation
	}
	gone := make(map[placement.Incarnation]bool, len(v.Nodes))
	for _, n := range v.Nodes {
		now, back := current[n.Name]
		gone[n.Incarnation] = back && now != n.Incarnation && (heardFrom == nil || !heardFrom(n.Incarnation))
	}
	fates := make([]Fate, len(v.Partitions))
	for p, conf := range v.Partitions {
		switch {
		case alive[conf.Primary]:
			fates[p] = Served
		case allOf(conf.InSync, func(inc placement.Incarnation) bool { return gone[inc] }):
			fates[p] = Lost
		case allOf(conf.InSync, func(inc placement.Incarnation) bool { return !alive[inc] }):
			fates[p] = Silent
		default:
			fates[p] = Waiting
		}
	}
	return fates
}

// Given returns the partitions whose fate is at least f and that are not
// frozen, and how many are but are frozen.
func Given(s *State, fates []Fate, f Fate) (ids []placement.PartitionID, frozen int) {
	for p, fate := range fates {
		switch id := placement.PartitionID(p); {
		case fate < f:
		case s.IsFrozen(id):
			frozen++
		default:
			ids = append(ids, id)
		}
	}
	return ids, frozen
}

// Reset returns the State after s in which the partitions ids begin a new life,
// empty, each at the live active worker that the ring of those chooses. What
// was acknowledged before is given up for good, so an operator must have said
// so, or chosen it beforehand for partitions that are Lost.
//
// It is refused as a whole with ErrResetRefused when one of them has an in-sync
// replica that lives, is frozen, or is not a partition, and when nobody is
// there to hold them. To reset nothing returns s.
//
// An in-sync replica that does not live by gossip, but does in truth, goes on
// serving the old life to whoever reaches it until it learns of the new view:
// that is why the operator has to be sure, and why what happens by itself asks
// for newer incarnations.
func Reset(s *State, ids []placement.PartitionID, live []placement.Node) (*State, error) {
	v := s.View
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(ids) == 0 {
		return s, nil
	}
	if err := mayReset(s, ids, live); err != nil {
		return s, err
	}
	nodes := Ready(v, live)
	ring, err := placement.NewRing(placement.ActiveMembers(nodes), len(v.Partitions))
	if err != nil {
		return s, fmt.Errorf("%w: no live active worker is there to hold them: %w", ErrResetRefused, err)
	}
	byName := make(map[string]placement.Incarnation, len(nodes))
	for _, n := range nodes {
		byName[n.Name] = n.Incarnation
	}
	primaries := make([]placement.Incarnation, len(ids))
	for i, id := range ids {
		primaries[i] = byName[ring.Owner(id)]
	}
	view, err := v.Reset(ids, primaries)
	if err != nil {
		return s, fmt.Errorf("%w: %w", ErrResetRefused, err)
	}
	return s.WithView(view), nil
}

// maxRefusals bounds the partitions that a refusal names.
const maxRefusals = 8

// mayReset returns nil when each of ids may be given up.
func mayReset(s *State, ids []placement.PartitionID, live []placement.Node) error {
	alive := incarnations(live)
	var why []string
	for _, id := range ids {
		if len(why) == maxRefusals {
			why = append(why, "and others")
			break
		}
		if int(id) >= len(s.View.Partitions) {
			why = append(why, fmt.Sprintf("there is no partition %d", id))
			continue
		}
		if s.IsFrozen(id) {
			why = append(why, fmt.Sprintf("partition %d is frozen, a replica of it may still report", id))
			continue
		}
		for _, inc := range s.View.Partitions[id].InSync {
			if n, _ := s.View.Node(inc); alive[inc] {
				why = append(why, fmt.Sprintf("partition %d is in sync on %q, which is alive", id, n.Name))
				break
			}
		}
	}
	if len(why) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrResetRefused, strings.Join(why, "; "))
}
