package master

import (
	"fmt"

	"pikv/placement"
	"pikv/register"
)

// fileOrders are register.Orders in the file's body.
type fileOrders struct {
	States  []fileState  `codec:"states"`
	Names   []fileNamed  `codec:"names,omitempty"` // versions before it was here had none
	Weights []fileWeight `codec:"weights"`
	Removed []uint64     `codec:"removed"`
	Leads   []fileLead   `codec:"leads"`
}

type fileState struct {
	Incarnation uint64 `codec:"inc"`
	State       uint8  `codec:"state"`
}

type fileNamed struct {
	Name  string `codec:"name"`
	State uint8  `codec:"state"`
}

type fileWeight struct {
	Name   string `codec:"name"`
	Weight int    `codec:"w"`
}

type fileLead struct {
	P    uint16 `codec:"p"`
	Name string `codec:"name"`
}

// encodeOrders returns orders as the file has them, nil when there are none.
func encodeOrders(o register.Orders) *fileOrders {
	if len(o.States)+len(o.Names)+len(o.Weights)+len(o.Removed)+len(o.Leads) == 0 {
		return nil
	}
	var f fileOrders
	for _, s := range o.States {
		f.States = append(f.States, fileState{uint64(s.Incarnation), uint8(s.State)})
	}
	for _, n := range o.Names {
		f.Names = append(f.Names, fileNamed{n.Name, uint8(n.State)})
	}
	for _, w := range o.Weights {
		f.Weights = append(f.Weights, fileWeight(w))
	}
	for _, inc := range o.Removed {
		f.Removed = append(f.Removed, uint64(inc))
	}
	for _, l := range o.Leads {
		f.Leads = append(f.Leads, fileLead{uint16(l.Partition), l.Name})
	}
	return &f
}

// decode checks and converts what the file has. Its error wraps errFileDamaged.
func (f *fileOrders) decode() (o register.Orders, err error) {
	if f == nil {
		return o, nil
	}
	for _, s := range f.States {
		if s.State > uint8(placement.NodeSpare) {
			return o, fmt.Errorf("%w: a node is ordered into %v", errFileDamaged, placement.NodeState(s.State))
		}
		o.States = append(o.States, register.OrderedState{Incarnation: placement.Incarnation(s.Incarnation), State: placement.NodeState(s.State)})
	}
	for _, n := range f.Names {
		if s := placement.NodeState(n.State); n.Name == "" || s != placement.NodeActive && s != placement.NodeSpare {
			return o, fmt.Errorf("%w: whoever is called %q is ordered into %v", errFileDamaged, n.Name, s)
		}
		o.Names = append(o.Names, register.NamedState{Name: n.Name, State: placement.NodeState(n.State)})
	}
	for i, w := range f.Weights {
		if w.Weight < 1 || w.Weight > placement.MaxWeight || i > 0 && f.Weights[i-1].Name >= w.Name {
			return o, fmt.Errorf("%w: the weight %d of %q is out of place", errFileDamaged, w.Weight, w.Name)
		}
		o.Weights = append(o.Weights, register.OrderedWeight(w))
	}
	for _, inc := range f.Removed {
		o.Removed = append(o.Removed, placement.Incarnation(inc))
	}
	for i, l := range f.Leads {
		if l.Name == "" || i > 0 && f.Leads[i-1].P >= l.P {
			return o, fmt.Errorf("%w: the lead of partition %d is out of place", errFileDamaged, l.P)
		}
		o.Leads = append(o.Leads, placement.Lead{Partition: placement.PartitionID(l.P), Name: l.Name})
	}
	return o, nil
}
