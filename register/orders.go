package register

import (
	"cmp"
	"slices"

	"pikv/placement"
)

// maxOrders bounds the lists of Orders: workers come and go for years, and what
// was ordered of a run of one long ago is forgotten first. There are as many leads
// as partitions at most.
const maxOrders = 1024

// Orders are what operators, and the policy that they switched on, have asked
// for, as far as the view alone would forget it: a node leaves the view when
// gossip loses sight of it and it holds nothing. Never changed once it is in a
// State.
type Orders struct {
	// States are what incarnations were made that no flag of theirs says. The
	// latest is the last.
	States []OrderedState
	// Names are what workers were made, spares or active, by the nodes' names: a new
	// incarnation begins so, whatever its flags say. Who drains does so until it
	// ends, and is here what it was before. The latest is the last.
	Names []NamedState
	// Weights are those that operators have set, by the nodes' names, sorted.
	Weights []OrderedWeight
	// Removed are incarnations that take part no more, though they may run
	// still. The latest is the last.
	Removed []placement.Incarnation
	// Leads are partitions whose primary shall be another of their replicas than the
	// ring's first, since that has too many requests. Sorted by partition.
	Leads []placement.Lead
}

// OrderedState is what an incarnation was made.
type OrderedState struct {
	Incarnation placement.Incarnation
	State       placement.NodeState
}

// NamedState is what whoever has the name was made.
type NamedState struct {
	Name  string
	State placement.NodeState
}

// OrderedWeight is the weight, 1 to placement.MaxWeight, of whoever has the name.
type OrderedWeight struct {
	Name   string
	Weight int
}

// state returns the state of a node that gossip shows, with the state that it was
// started with.
func (o *Orders) state(started placement.Node) placement.NodeState {
	for _, s := range o.States {
		if s.Incarnation == started.Incarnation {
			return s.State
		}
	}
	if i := o.findName(started.Name); i >= 0 {
		return o.Names[i].State
	}
	return started.State
}

// findName returns the index in Names, -1 when there is none.
func (o *Orders) findName(name string) int {
	return slices.IndexFunc(o.Names, func(n NamedState) bool { return n.Name == name })
}

// withName returns orders by which whoever has the name begins in the state.
func (o Orders) withName(name string, state placement.NodeState) Orders {
	o.Names = append(o.withoutName(name).Names, NamedState{name, state})
	o.Names = o.Names[max(0, len(o.Names)-maxOrders):]
	return o
}

// withoutName returns orders by which whoever has the name begins as its flags say.
func (o Orders) withoutName(name string) Orders {
	o.Names = slices.DeleteFunc(slices.Clone(o.Names), func(n NamedState) bool { return n.Name == name })
	return o
}

// weight returns the weight of whoever has the name; 0: by capacity.
func (o *Orders) weight(name string) int {
	if i, found := o.findWeight(name); found {
		return o.Weights[i].Weight
	}
	return 0
}

func (o *Orders) findWeight(name string) (int, bool) {
	return slices.BinarySearchFunc(o.Weights, name, func(w OrderedWeight, name string) int { return cmp.Compare(w.Name, name) })
}

// IsRemoved reports whether the incarnation takes part no more.
func (o *Orders) IsRemoved(inc placement.Incarnation) bool { return slices.Contains(o.Removed, inc) }

// withState returns orders by which incs are in the state.
func (o Orders) withState(incs []placement.Incarnation, state placement.NodeState) Orders {
	o.States = slices.DeleteFunc(slices.Clone(o.States), func(s OrderedState) bool { return slices.Contains(incs, s.Incarnation) })
	for _, inc := range incs {
		o.States = append(o.States, OrderedState{inc, state})
	}
	o.States = o.States[max(0, len(o.States)-maxOrders):]
	return o
}

// withWeight returns orders by which whoever has the name has the weight; 0: by
// its capacity.
func (o Orders) withWeight(name string, weight int) Orders {
	o.Weights = slices.Clone(o.Weights)
	i, found := o.findWeight(name)
	switch {
	case found && weight == 0:
		o.Weights = slices.Delete(o.Weights, i, i+1)
	case found:
		o.Weights[i].Weight = weight
	case weight > 0 && len(o.Weights) < maxOrders:
		o.Weights = slices.Insert(o.Weights, i, OrderedWeight{name, weight})
	}
	return o
}

// without returns orders by which incs take part no more.
func (o Orders) without(incs []placement.Incarnation) Orders {
	o.States = slices.DeleteFunc(slices.Clone(o.States), func(s OrderedState) bool { return slices.Contains(incs, s.Incarnation) })
	o.Removed = slices.Concat(o.Removed, incs)
	o.Removed = o.Removed[max(0, len(o.Removed)-maxOrders):]
	return o
}

// learn returns orders that have the states and the weights of nodes, of the latest
// view that is known: so a register that was rebuilt from what the workers hold goes
// on with them, whatever its file said.
func (o Orders) learn(nodes []placement.Node) Orders {
	for _, n := range nodes {
		o = o.withState([]placement.Incarnation{n.Incarnation}, n.State).withWeight(n.Name, n.Weight)
	}
	return o
}
