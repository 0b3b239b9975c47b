package register

import (
	"errors"

	"pikv/placement"
)

// ErrNothingToRecover is returned by Rebuild when nobody knows of a view.
var ErrNothingToRecover = errors.New("no view is known")

// Rebuild makes the first State of the register id from what its file said
// (old, perhaps without a view) and what the workers claim. A partition of which
// everybody has spoken who could know more gets the latest configuration that
// is known. The others are frozen. All keep the epochs that they had: the core
// that holds such a configuration does not notice, goes on serving, and does
// not forget what it has asked for; and by the epochs the registers after this
// one will know what is later.
//
// override says that the operator waits for nobody: nothing is frozen. What
// somebody was awaited for begins anew, as in ThawAll.
func Rebuild(id placement.MasterID, old *State, told Claims, followed func(placement.Incarnation) bool, override bool) (*State, error) {
	views := told.ordered(old.View)
	if len(views) == 0 {
		return nil, ErrNothingToRecover
	}
	if err := oneCluster(told, old.View); err != nil {
		return nil, err
	}
	next := views[0].Clone()
	next.MasterID = id
	next.Epoch = firstEpoch(id, next.Epoch)
	next.Whole = 0 // nobody holds an earlier view of it
	s := &State{View: next, Forsworn: withForsworn(old.Forsworn, id, views), Orders: old.Orders}
	for p := range next.Partitions {
		f := gather(placement.PartitionID(p), old, told)
		f.await(nil, followed)
		switch {
		case len(f.Awaits) == 0:
			next.Partitions[p] = f.best()
			continue
		case override:
			next.Partitions[p] = f.forced(next.Epoch)
			continue
		}
		next.Partitions[p] = f.shown()
		s.Frozen = append(s.Frozen, f)
	}
	next.Nodes = nodesOf(s, views)
	s.Orders = s.Orders.learn(views[0].Nodes)
	return s, nil
}

// gather collects what the file and the claims tell of a partition.
func gather(p placement.PartitionID, old *State, told Claims) Frozen {
	f := Frozen{Partition: p}
	if old.View != nil {
		f.learn(old.View.Partitions[p], false)
	}
	if was := old.frozen(p); was != nil {
		for i, conf := range was.Known {
			f.learn(conf, i == 0 && was.Held)
		}
	}
	for _, holder := range told.holders() {
		f.learn(told.of(holder, p))
	}
	return f
}

// Hear brings the claims of workers that came late into s, whose view is in
// force, and thaws what need not be frozen any more. Only frozen partitions
// listen: everybody who could know more of another one has spoken. It returns s
// itself when nothing changes.
func Hear(s *State, told Claims, followed func(placement.Incarnation) bool) *State {
	views := told.ordered(nil)
	next := &State{View: s.View, Forsworn: withForsworn(s.Forsworn, s.View.MasterID, views), Orders: s.Orders}
	changed := len(next.Forsworn) != len(s.Forsworn)
	var thawed []Frozen
	for i := range s.Frozen {
		f := s.Frozen[i].clone()
		asked, news := f.concerned(), false
		for _, holder := range told.holders() {
			if int(f.Partition) < len(told[holder].Partitions) {
				news = f.learn(told.of(holder, f.Partition)) || news
			}
		}
		f.await(asked, followed)
		changed = changed || news || len(f.Awaits) != len(s.Frozen[i].Awaits)
		if len(f.Awaits) == 0 {
			thawed = append(thawed, f)
		} else {
			next.Frozen = append(next.Frozen, f)
		}
	}
	if !changed {
		return s
	}
	next.show(thawed, views)
	return next
}

// ThawAll returns the State after s that waits no longer for the replicas that
// have not reported: s itself when nothing is frozen. Writes that only they
// know may be lost, so an operator has to say so.
func (s *State) ThawAll() *State {
	if len(s.Frozen) == 0 {
		return s
	}
	view := s.View.Clone()
	view.Epoch++
	for i := range s.Frozen {
		view.Partitions[s.Frozen[i].Partition] = s.Frozen[i].forced(view.Epoch)
	}
	return &State{View: view, Forsworn: s.Forsworn, Orders: s.Orders}
}

// show puts into the view of s what its frozen partitions show now, and what
// the thawed ones get. A thawed one whose configuration comes from elsewhere
// gets it anew, with the view's epoch: nobody holds a later one, and those who
// hold an earlier one must learn of it.
func (s *State) show(thawed []Frozen, views []*placement.View) {
	was := s.View
	view := was.Clone()
	view.Epoch++
	for i := range s.Frozen {
		if f := &s.Frozen[i]; f.Held && f.shown().Epoch > was.Partitions[f.Partition].Epoch {
			view.Partitions[f.Partition] = f.shown()
			view.Whole = view.Epoch
		}
	}
	renewed := false
	for i := range thawed {
		if conf := thawed[i].best(); conf.Epoch != was.Partitions[thawed[i].Partition].Epoch {
			conf.Epoch, renewed = view.Epoch, true
			view.Partitions[thawed[i].Partition] = conf
		}
	}
	s.View = view
	view.Nodes = nodesOf(s, append([]*placement.View{was}, views...), was.Nodes...)
	if !renewed && view.Whole != view.Epoch && len(view.Nodes) == len(was.Nodes) {
		s.View = was
	}
}
