package master

import (
	"fmt"

	"pikv/autoscale"
	"pikv/placement"
	"pikv/register"
	"pikv/wire"
)

// enoughRoom refuses a weight by which a worker would be under pressure with what is held now: the ring
// goes by weights alone, so that worker would be filled up while others are half empty. It is the one that
// is given more, a spare as if it were active; or another, where an active one is given less, unless
// that one is as full. Other mistakes are left to the order itself.
func enoughRoom(base *register.State, live []placement.Node, heard map[placement.Incarnation]report, req wire.WeightRequest) error {
	next, _, err := register.SetWeight(base, live, req.Node, req.Weight)
	if err != nil || next == base {
		return nil
	}
	before, err := sharesIn(activated(base, live, req.Node), live, heard)
	if err != nil {
		return err
	}
	after, err := sharesIn(activated(next, live, req.Node), live, heard)
	if err != nil {
		return err
	}
	active := stateIn(base.View, live, req.Node) == placement.NodeActive
	grows := after[req.Node].holds - before[req.Node].holds
	for _, w := range live {
		who, advice, limit := "it", "Give it less", autoscale.Pressure
		switch {
		case w.Name == req.Node && grows > 0:
		case w.Name != req.Node && grows < 0 && active && after[w.Name].holds > before[w.Name].holds:
			who, advice, limit = w.Name, "Give "+req.Node+" more", max(limit, before[req.Node].full)
		default:
			continue
		}
		if s := after[w.Name]; s.full >= limit {
			return wire.Errorf(wire.CodeRefused, "%s would be given copies of %.0f %% of all data and use %.0f %% of its memory by what is stored now; from %.0f %% on memory is short, and at 100 %% writes fail. %s, or do it anyway with --force",
				who, 100*float64(s.holds)/float64(len(next.View.Partitions)), 100*s.full, 100*autoscale.Pressure, advice)
		}
	}
	return nil
}

// activated returns the view of s if the worker called name were active.
func activated(s *register.State, live []placement.Node, name string) *placement.View {
	if next, _, _, err := register.Activate(s, live, name); err == nil {
		return next.View
	}
	return s.View
}

// share is what a worker is to hold.
type share struct {
	holds int     // partitions of which it has a copy
	used  int64   // bytes that these are expected to be
	full  float64 // the share of its memory that these are; 0: it is not known, or makes room by itself
}

// sharesIn returns the share of each worker on the ring of v, once everything is as that wants it.
func sharesIn(v *placement.View, live []placement.Node, heard map[placement.Incarnation]report) (map[string]share, error) {
	members := placement.ActiveMembers(register.Ready(v, live))
	if len(members) == 0 {
		return nil, nil
	}
	ring, err := placement.NewRing(members, len(v.Partitions))
	if err != nil {
		return nil, fmt.Errorf("compute the ring: %w", err)
	}
	space, shares := newRoom(v, heard), make(map[string]share, len(members))
	for p, row := range ring.Target(v.Replicas) {
		for _, name := range row {
			s := shares[name]
			s.holds++
			s.used += space.expected(placement.PartitionID(p))
			shares[name] = s
		}
	}
	for _, w := range live {
		if s, on := shares[w.Name]; on && w.Capacity > 0 && heard[w.Incarnation].eviction != evictionLRU {
			s.full = float64(s.used) / float64(w.Capacity)
			shares[w.Name] = s
		}
	}
	return shares, nil
}

// shortOf says that the worker called name, which has just been activated, will be under pressure by its
// share; "" if not. It is no more than said, since nobody is asked to give it less by force.
func shortOf(v *placement.View, live []placement.Node, heard map[placement.Incarnation]report, name string) string {
	shares, err := sharesIn(v, live, heard)
	if full := shares[name].full; err == nil && full >= autoscale.Pressure {
		return fmt.Sprintf("; its share of what is stored now is %.0f %% of its memory, and from %.0f %% on memory is short: give it less weight", 100*full, 100*autoscale.Pressure)
	}
	return ""
}
