package register

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"pikv/placement"
)

// generation is the distance between the epochs of two registers in
// succession. A worker that is still away may hold a view of the old register
// with a higher epoch than any that was reported; it must not look later than
// the new register's. It shows in the epoch's first digits how often the file
// was lost.
const generation placement.Epoch = 1_000_000

// nextGeneration returns the first epoch of the register that follows one of
// which e is the last known epoch.
func nextGeneration(e placement.Epoch) placement.Epoch {
	return (e/generation+2)*generation + 1
}

// ErrNothingToRecover is returned by Rebuild when nobody knows of a view.
var ErrNothingToRecover = errors.New("no view is known")

// Claims are views that workers hold of older registers, by the worker.
type Claims map[placement.Incarnation]*placement.View

// ClaimsOf returns the claims of those that follow id, each by its holder.
func ClaimsOf(id placement.MasterID, reports []Report) Claims {
	told := make(Claims)
	for _, r := range reports {
		if r.Follower(id) && r.Claim != nil {
			told[r.Incarnation] = r.Claim
		}
	}
	return told
}

// holders returns whose claims they are, in order.
func (c Claims) holders() []placement.Incarnation { return slices.Sorted(maps.Keys(c)) }

// ordered returns the views of c and, if it is not nil, first; the latest
// first, and in an order that does not depend on the map's.
func (c Claims) ordered(first *placement.View) []*placement.View {
	var views []*placement.View
	if first != nil {
		views = append(views, first)
	}
	for _, inc := range c.holders() {
		views = append(views, c[inc])
	}
	slices.SortStableFunc(views, func(a, b *placement.View) int { return cmp.Compare(b.Epoch, a.Epoch) })
	return views
}

// Rebuild makes the first State of the register id from what its file said
// (old, perhaps without a view) and what the workers claim. Each partition gets
// the highest configuration that anyone knows, with its epoch, so that it goes
// on serving; it is frozen until every replica of it has followed the new
// register, since a later one may be known to any of them and to nobody else:
// an in-sync one may have asked for it, and a learner may have been promoted
// and have replaced its primary then.
func Rebuild(id placement.MasterID, old *State, told Claims, followed func(placement.Incarnation) bool) (*State, error) {
	views := told.ordered(old.View)
	if len(views) == 0 {
		return nil, ErrNothingToRecover
	}
	if err := oneCluster(told, old.View); err != nil {
		return nil, err
	}
	latest := views[0]
	next := latest.Clone()
	next.MasterID = id
	next.Epoch = nextGeneration(latest.Epoch)
	for _, v := range views[1:] {
		for p, conf := range v.Partitions {
			if conf.Epoch > next.Partitions[p].Epoch {
				next.Partitions[p] = cloneConfiguration(conf)
			}
		}
	}
	next.Nodes = nodesOf(next.Partitions, views)
	s := &State{View: next, Forsworn: withForsworn(old.Forsworn, id, views)}
	for p, conf := range next.Partitions {
		if !allOf(replicasOf(conf), followed) {
			s.Frozen = append(s.Frozen, Frozen{placement.PartitionID(p), conf.Epoch})
		}
	}
	return s, nil
}

// Hear brings the claims of workers that came late into s, whose view is in
// force, and thaws what need not be frozen any more. Only frozen partitions
// listen: every replica that could know more of another one has spoken. A
// configuration that is corrected gets the new view's epoch, since all who have
// the view must learn of it. It returns s itself when nothing changes.
func Hear(s *State, told Claims, followed func(placement.Incarnation) bool) *State {
	views := told.ordered(nil)
	next := s.View.Clone()
	next.Epoch++
	corrected := false
	var still []Frozen
	for _, f := range s.Frozen {
		for _, v := range views {
			if int(f.Partition) < len(v.Partitions) && v.Partitions[f.Partition].Epoch > f.Reported {
				conf := cloneConfiguration(v.Partitions[f.Partition])
				f.Reported, conf.Epoch = conf.Epoch, next.Epoch
				next.Partitions[f.Partition] = conf
				corrected = true
			}
		}
		if !allOf(replicasOf(next.Partitions[f.Partition]), followed) {
			still = append(still, f)
		}
	}
	forsworn := withForsworn(s.Forsworn, s.View.MasterID, views)
	if !corrected && len(still) == len(s.Frozen) && len(forsworn) == len(s.Forsworn) {
		return s
	}
	out := &State{View: s.View, Frozen: still, Forsworn: forsworn}
	if corrected {
		next.Nodes = nodesOf(next.Partitions, append([]*placement.View{s.View}, views...), s.View.Nodes...)
		out.View = next
	}
	return out
}

// nodesOf returns keep, and every node that a partition names, as the first
// view that knows it has it; sorted.
func nodesOf(partitions []placement.Partition, views []*placement.View, keep ...placement.Node) []placement.Node {
	nodes := slices.Clone(keep)
	have := make(map[placement.Incarnation]bool)
	for _, n := range keep {
		have[n.Incarnation] = true
	}
	named := make(map[placement.Incarnation]bool)
	for _, conf := range partitions {
		for _, inc := range replicasOf(conf) {
			named[inc] = true
		}
	}
	for _, v := range views {
		for _, n := range v.Nodes {
			if named[n.Incarnation] && !have[n.Incarnation] {
				have[n.Incarnation] = true
				nodes = append(nodes, n)
			}
		}
	}
	sortNodes(nodes)
	return nodes
}

// withForsworn returns ids and those of views, other than own, the latest
// last; bounded.
func withForsworn(ids []placement.MasterID, own placement.MasterID, views []*placement.View) []placement.MasterID {
	out := slices.Clone(ids)
	for _, v := range views {
		if v.MasterID != own && !slices.Contains(out, v.MasterID) {
			out = append(out, v.MasterID)
		}
	}
	return out[max(0, len(out)-maxForsworn):]
}

func cloneConfiguration(c placement.Partition) placement.Partition {
	c.InSync, c.Learners = slices.Clone(c.InSync), slices.Clone(c.Learners)
	return c
}

// replicasOf returns the in-sync replicas and the learners of c.
func replicasOf(c placement.Partition) []placement.Incarnation {
	return slices.Concat(c.InSync, c.Learners)
}

// allOf reports whether ok holds for every one of incs.
func allOf(incs []placement.Incarnation, ok func(placement.Incarnation) bool) bool {
	return !slices.ContainsFunc(incs, func(inc placement.Incarnation) bool { return !ok(inc) })
}
