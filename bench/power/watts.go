package power

import (
	"errors"
	"fmt"
)

// ErrNotInTable is returned when a sum needs a figure that the table does not
// have.
var ErrNotInTable = errors.New("not in the table of machines")

// A Basis is where a machine's watts come from.
type Basis string

// The bases; the package's comment compares them.
const (
	Specification Basis = "specification"
	Measured      Basis = "measured"
)

// Bases returns them, the study's first.
func Bases() []Basis { return []Basis{Specification, Measured} }

// A Node is a machine at work.
type Node struct {
	Machine Machine
	// Use is the share of all its cores that is busy, 0 to 1. It counts for
	// the basis Measured alone.
	Use float64
}

// A Draw is what a cluster takes from the wall, in watts.
type Draw struct {
	Boards   float64 // the machines themselves
	Supplies float64 // what their supplies lose
	Switches float64
}

// Total returns the sum.
func (d Draw) Total() float64 { return d.Boards + d.Supplies + d.Switches }

// Watts returns what nodes and the switches between them draw.
func Watts(basis Basis, nodes []Node) (Draw, error) {
	var d Draw
	machines := make([]Machine, len(nodes))
	for i, n := range nodes {
		machines[i] = n.Machine
		board, err := n.board(basis)
		if err != nil {
			return Draw{}, err
		}
		d.Boards += board
		if n.Machine.WattsAt == "board" {
			d.Supplies += board * (1/partNamed(n.Machine.Supply).Efficiency - 1)
		}
	}
	kind, count := switches(machines)
	d.Switches = kind.Watts * float64(count)
	return d, nil
}

// board returns what the machine draws where its sources measured.
func (n Node) board(basis Basis) (float64, error) {
	m := n.Machine
	switch {
	case !(n.Use >= 0 && n.Use <= 1): // NaN included
		return 0, fmt.Errorf("the processor of a %s cannot be %g busy: give a share from 0 to 1", m.Model, n.Use)
	case basis == Specification && m.SpecWatts > 0:
		return m.SpecWatts, nil
	case basis == Specification:
		return 0, fmt.Errorf("the specified watts of %s are %w", m.Model, ErrNotInTable)
	case basis != Measured:
		return 0, fmt.Errorf("there is no basis %q: take %s or %s", basis, Specification, Measured)
	case m.IdleWatts > 0 && m.LoadWatts > 0:
		return m.IdleWatts + n.Use*(m.LoadWatts-m.IdleWatts), nil
	default:
		return 0, fmt.Errorf("the measured watts of %s are %w", m.Model, ErrNotInTable)
	}
}

// PerJoule returns requests per joule: those per second over the watts.
func PerJoule(perSecond, watts float64) float64 { return perSecond / watts }
