package master

import (
	"fmt"
	"slices"

	"pikv/autoscale"
	"pikv/placement"
	"pikv/register"
	"pikv/wire"
)

// enoughRoom refuses a larger weight by which the worker would be under pressure with
// what is held now: the ring goes by weights alone, so that worker would be filled up
// while others are half empty. Other mistakes are left to the order itself.
func enoughRoom(base *register.State, live []placement.Node, heard map[placement.Incarnation]report, req wire.WeightRequest) error {
	i := slices.IndexFunc(live, func(n placement.Node) bool { return n.Name == req.Node })
	if i < 0 || live[i].Capacity <= 0 || heard[live[i].Incarnation].eviction == evictionLRU {
		return nil
	}
	next, _, err := register.SetWeight(base, live, req.Node, req.Weight)
	if err != nil || next == base {
		return nil
	}
	was, _, err := wouldHold(base.View, live, heard, req.Node)
	if err != nil {
		return err
	}
	holds, used, err := wouldHold(next.View, live, heard, req.Node)
	if err != nil {
		return err
	}
	full := float64(used) / float64(live[i].Capacity)
	if holds <= was || full < autoscale.Pressure {
		return nil
	}
	return wire.Errorf(wire.CodeRefused, "it would be given copies of %.0f %% of all data and use %.0f %% of its memory by what is stored now; from %.0f %% on memory is short, and at 100 %% writes fail. Give it less, or do it anyway with --force",
		100*float64(holds)/float64(len(next.View.Partitions)), 100*full, 100*autoscale.Pressure)
}

// wouldHold returns of how many partitions the worker called name has a copy once v is as
// its ring wants it, and how many bytes these are expected to be.
func wouldHold(v *placement.View, live []placement.Node, heard map[placement.Incarnation]report, name string) (holds int, used int64, err error) {
	members := placement.ActiveMembers(register.Ready(v, live))
	if len(members) == 0 {
		return 0, 0, nil
	}
	ring, err := placement.NewRing(members, len(v.Partitions))
	if err != nil {
		return 0, 0, fmt.Errorf("compute the ring: %w", err)
	}
	space := newRoom(v, heard)
	for p, row := range ring.Target(v.Replicas) {
		if slices.Contains(row, name) {
			holds++
			used += space.expected(placement.PartitionID(p))
		}
	}
	return holds, used, nil
}
