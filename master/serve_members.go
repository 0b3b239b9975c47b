package master

import (
	"cmp"
	"context"
	"slices"
	"time"

	"pikv/membership"
	"pikv/placement"
	"pikv/register"
	"pikv/rpcserver"
	"pikv/wire"
)

// The states of a member as operators see them, beside those of
// placement.NodeState.
const (
	stateDead    = "dead"    // the view names it, gossip does not
	stateJoining = "joining" // gossip names it, the view does not yet
	// stateStranger is a worker that holds partitions of a register that
	// this master knows nothing about.
	stateStranger = "stranger"
	stateRemoved  = "removed" // an operator has removed this run of it
)

// serveMembers lists the nodes.
func (f *front) serveMembers(_ context.Context, c *rpcserver.Call) {
	c.ReplyBody(&wire.MembersReply{Members: f.memberStatus()})
}

// memberStatus joins what gossip, reports and the view say.
func (f *front) memberStatus() []wire.MemberStatus {
	v, s, _, _ := f.view()
	return describe(v, s, f.members(), f.reports.snapshot(), f.strangers.names(f.clock()), f.clock())
}

// describe returns a line per node at now, masters first, then by name. v is the view of
// s, or nil when that is not in force. Pure.
func describe(v *placement.View, s *register.State, members []membership.Member, heard map[placement.Incarnation]report, odd []string, now time.Time) []wire.MemberStatus {
	var all []wire.MemberStatus
	alive := make(map[placement.Incarnation]bool)
	for _, m := range members {
		inc := placement.Incarnation(m.Incarnation)
		alive[inc] = true
		line := wire.MemberStatus{
			Name: m.Name, Role: string(m.Role), Incarnation: m.Incarnation, Addr: m.RPCAddr, RESP: m.RESPAddr, Gossip: m.GossipAddr,
			State: placement.NodeActive.String(), Capacity: m.Capacity, Used: heard[inc].used, Keys: heard[inc].keys,
			Eviction: heard[inc].eviction, Evicted: heard[inc].evicted, Mortal: heard[inc].mortal, Expired: heard[inc].expired,
		}
		if m.Role == membership.RoleWorker {
			line.State, line.Weight = stateOf(v, s, m, odd)
			if r := heard[inc]; r.within(freshReport, now) { // else nobody knows
				line.Load = r.load.Shown()
			}
		}
		all = append(all, line)
	}
	if v != nil {
		for _, n := range v.Nodes {
			if !alive[n.Incarnation] {
				all = append(all, wire.MemberStatus{
					Name: n.Name, Role: string(membership.RoleWorker), Incarnation: uint64(n.Incarnation),
					Addr: n.Addr, RESP: n.RESPAddr, State: stateDead, Capacity: n.Capacity,
				})
			}
		}
		count(v, all)
	}
	slices.SortFunc(all, func(a, b wire.MemberStatus) int {
		// "master" comes before "worker"
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Incarnation, b.Incarnation))
	})
	return all
}

// stateOf returns the state of a live worker, and its weight if the view has it.
func stateOf(v *placement.View, s *register.State, w membership.Member, odd []string) (state string, weight int) {
	inc := placement.Incarnation(w.Incarnation)
	if v != nil {
		if n, ok := v.Node(inc); ok {
			return n.State.String(), n.Share()
		}
	}
	switch {
	case slices.Contains(odd, w.Name):
		return stateStranger, 0
	case v != nil && s.Orders.IsRemoved(inc):
		return stateRemoved, 0
	default:
		return stateJoining, 0
	}
}

// count fills in how many partitions each member has in v.
func count(v *placement.View, all []wire.MemberStatus) {
	at := make(map[placement.Incarnation]*wire.MemberStatus, len(all))
	for i := range all {
		at[placement.Incarnation(all[i].Incarnation)] = &all[i]
	}
	for _, conf := range v.Partitions {
		if m := at[conf.Primary]; m != nil {
			m.Primaries++
		}
		for _, inc := range slices.Concat(conf.InSync, conf.Learners) {
			if m := at[inc]; m != nil {
				m.Replicas++
			}
		}
	}
	for i := range all {
		if all[i].State == placement.NodeSpare.String() {
			all[i].State = shownState(placement.NodeSpare, all[i].Replicas)
		}
	}
}

// shownState is what operators call a worker of that state that holds so many partitions:
// one on its way to being a spare drains.
func shownState(state placement.NodeState, holds int) string {
	if state == placement.NodeSpare && holds > 0 {
		state = placement.NodeDraining
	}
	return state.String()
}
