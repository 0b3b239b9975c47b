package worker

import (
	"slices"

	"pikv/membership"
	"pikv/placement"
	"pikv/wire"
)

// members is what gossip and the view tell about the nodes, masters first,
// then by name.
func (w *Worker) members() []wire.MemberStatus {
	view := w.view()
	primaries, replicas := map[placement.Incarnation]int{}, map[placement.Incarnation]int{}
	for _, p := range view.Partitions {
		primaries[p.Primary]++
		for _, id := range p.InSync {
			replicas[id]++
		}
		for _, id := range p.Learners {
			replicas[id]++
		}
	}
	list := []wire.MemberStatus{}
	for _, m := range w.gossiped() {
		id := placement.Incarnation(m.Incarnation)
		s := wire.MemberStatus{
			Name: m.Name, Role: string(m.Role), Incarnation: m.Incarnation, Addr: m.RPCAddr, RESP: m.RESPAddr, Gossip: m.GossipAddr,
			State: placement.NodeActive.String(), Capacity: m.Capacity, Primaries: primaries[id], Replicas: replicas[id],
		}
		if node, ok := view.Node(id); ok {
			s.State, s.Weight = node.State.String(), node.Share()
			if node.State == placement.NodeSpare && s.Replicas > 0 {
				s.State = placement.NodeDraining.String() // on its way to being a spare
			}
		}
		if id == w.incarnation {
			s.Used, s.Eviction, s.Evicted = w.memory.Used(), w.cfg.Eviction, w.evicted()
			h := w.count(nil)
			s.Keys, s.Mortal, s.Expired = h.keys, h.mortal, w.expired.Load()
			if l := w.load.current.Load(); l != nil {
				s.Load = l.Shown()
			}
		}
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b wire.MemberStatus) int { return rank(a) - rank(b) })
	return list
}

func rank(m wire.MemberStatus) int {
	if m.Role == string(membership.RoleMaster) {
		return 0
	}
	return 1
}
