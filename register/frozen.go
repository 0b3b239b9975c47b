package register

import (
	"cmp"
	"slices"

	"pikv/placement"
)

// Frozen is a partition of which somebody may know more who has not spoken to
// this register yet. It is given no other configuration until all have; what it
// has in the view is one that those who hold it may go on serving in.
type Frozen struct {
	Partition placement.PartitionID
	// Known are the configurations, by epoch, that it may be in: it gets the
	// last one when it thaws. Never empty.
	Known []placement.Partition
	// Held says that the first of Known is held by one of its own in-sync
	// replicas, so that it has been in force. Then nothing below it matters any
	// more.
	Held bool
	// Awaits are those who may know more: replicas of what is known that have
	// not followed this register. Sorted; never empty.
	Awaits []placement.Incarnation
}

// learn takes up that somebody holds conf; own says that it is one of conf's
// in-sync replicas. It reports whether that was new.
func (f *Frozen) learn(conf placement.Partition, own bool) bool {
	at, known := slices.BinarySearchFunc(f.Known, conf.Epoch, func(k placement.Partition, e placement.Epoch) int { return cmp.Compare(k.Epoch, e) })
	switch {
	case at == 0 && f.Held: // below what has been in force, or the very same
		return false
	case known && !own:
		return false
	case !known:
		conf.InSync, conf.Learners = slices.Clone(conf.InSync), slices.Clone(conf.Learners)
		f.Known = slices.Insert(f.Known, at, conf)
	}
	if own {
		f.Known, f.Held = slices.Delete(f.Known, 0, at), true
	}
	return true
}

// concerned returns the replicas that may know more: those of what was in
// force, and of every later configuration that anybody knows. Without any that
// is certain to have been in force, those of the latest: each of them that
// speaks will tell of one.
func (f *Frozen) concerned() []placement.Incarnation {
	of := f.Known
	if !f.Held {
		of = of[len(of)-1:]
	}
	var all []placement.Incarnation
	for _, conf := range of {
		all = append(all, replicasOf(conf)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// knows reports whether a configuration that f knows names inc.
func (f *Frozen) knows(inc placement.Incarnation) bool {
	return slices.ContainsFunc(f.Known, func(c placement.Partition) bool { return slices.Contains(replicasOf(c), inc) })
}

// await decides who has to speak yet. Those of asked who are not awaited any
// more have spoken, and need not do so again, even if they are gone now.
func (f *Frozen) await(asked []placement.Incarnation, followed func(placement.Incarnation) bool) {
	before := f.Awaits
	f.Awaits = slices.DeleteFunc(f.concerned(), func(inc placement.Incarnation) bool {
		return followed(inc) || slices.Contains(asked, inc) && !slices.Contains(before, inc)
	})
}

func (f *Frozen) clone() Frozen {
	next := *f
	next.Known = slices.Clone(f.Known)
	return next
}

// shown returns what the view has while f is frozen, unless it is later already:
// what has been in force or, while that is not known, the least that anybody
// knows of.
func (f *Frozen) shown() placement.Partition { return f.Known[0] }

// forced returns what the partition gets when nobody is waited for any more:
// with the view's epoch, so that an absent replica that holds a later one than
// is known gives way when it is back, and Replaced, since that one may have
// leases.
func (f *Frozen) forced(e placement.Epoch) placement.Partition {
	conf := f.best()
	conf.Epoch, conf.Replaced = e, true
	return conf
}

// best returns what the partition gets when it thaws.
func (f *Frozen) best() placement.Partition { return f.Known[len(f.Known)-1] }
