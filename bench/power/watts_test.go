package power

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

func mustLookup(t *testing.T, model string) Machine {
	t.Helper()
	m, err := Lookup(model)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The study's cluster, calculated by hand.
func TestWattsOfTheStudysCluster(t *testing.T) {
	pi2, xeon := mustLookup(t, "Pi 2B"), mustLookup(t, "Xeon E5-2690 v3 server")
	five := func(use float64) []Node { return slices.Repeat([]Node{{pi2, use}}, 5) }
	for _, c := range []struct {
		name  string
		basis Basis
		nodes []Node
		want  Draw
	}{
		{"by the specification", Specification, five(0.3), Draw{8.75, 8.75/0.79 - 8.75, 2.5}},
		{"idle", Measured, five(0), Draw{5.5, 5.5/0.79 - 5.5, 2.5}},
		{"half busy", Measured, five(0.5), Draw{8, 8/0.79 - 8, 2.5}},
		{"busy", Measured, five(1), Draw{10.5, 10.5/0.79 - 10.5, 2.5}},
		{"a server with its supply inside, behind a fast switch", Measured, []Node{{xeon, 0.5}}, Draw{169, 0, 4}},
	} {
		got, err := Watts(c.basis, c.nodes)
		if err != nil || !near(got.Boards, c.want.Boards) || !near(got.Supplies, c.want.Supplies) || got.Switches != c.want.Switches {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
}

func TestWattsThatNobodyKnows(t *testing.T) {
	pi5, fawn := mustLookup(t, "Pi 5 8GB"), mustLookup(t, "FAWN's traditional node")
	for _, c := range []struct {
		basis Basis
		node  Node
		known bool
	}{
		{Specification, Node{Machine: pi5}, true},
		{Measured, Node{Machine: fawn}, true},
		{Measured, Node{pi5, 1.01}, false},
		{Measured, Node{pi5, math.NaN()}, false},
		{"guess", Node{Machine: pi5}, false},
	} {
		d, err := Watts(c.basis, []Node{c.node})
		if err == nil || errors.Is(err, ErrNotInTable) != c.known {
			t.Errorf("Watts(%s, %s, use %g) = %v, %v", c.basis, c.node.Machine.Model, c.node.Use, d, err)
		}
	}
}

// More use never draws less, and a node more never draws less; the specification
// asks for no use.
func TestWattsGrow(t *testing.T) {
	var machines []Machine
	for _, m := range Machines() {
		if m.IdleWatts > 0 {
			machines = append(machines, m)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		m := rapid.SampledFrom(machines).Draw(rt, "machine")
		n := rapid.IntRange(1, 100).Draw(rt, "nodes")
		a, b := rapid.Float64Range(0, 1).Draw(rt, "use"), rapid.Float64Range(0, 1).Draw(rt, "other use")
		total := func(basis Basis, n int, use float64) float64 {
			d, err := Watts(basis, slices.Repeat([]Node{{m, use}}, n))
			if err != nil {
				rt.Fatal(err)
			}
			return d.Total()
		}
		if total(Measured, n, min(a, b)) > total(Measured, n, max(a, b)) {
			rt.Errorf("%d × %s draw more at %g than at %g", n, m.Model, min(a, b), max(a, b))
		}
		if total(Measured, n, a) >= total(Measured, n+1, a) {
			rt.Errorf("a %s more than %d draws nothing", m.Model, n)
		}
		if m.SpecWatts > 0 && total(Specification, n, a) != total(Specification, n, b) {
			rt.Errorf("the specification of %s knows the use", m.Model)
		}
	})
}

func TestSwitches(t *testing.T) {
	for _, c := range []struct{ ports, want int }{{1, 1}, {8, 1}, {9, 2}, {14, 2}, {15, 3}, {20, 3}, {21, 4}} {
		if got := switchesFor(c.ports, 8); got != c.want {
			t.Errorf("%d ports need %d switches of 8, not %d", c.ports, c.want, got)
		}
	}
	for model, want := range map[string]string{
		"Pi 2B": "switch 100 Mbit/s", "Pi 4B 1GB": "switch 1 Gbit/s", "Pi 3B+": "switch 1 Gbit/s", "Xeon E5-2690 v3 server": "switch 1 Gbit/s",
		"Intel N150 (NucBox G3+)": "switch 1 Gbit/s",
	} {
		if kind, _ := switches([]Machine{mustLookup(t, model)}); kind.Name != want {
			t.Errorf("%s is behind %s, not %s", model, kind.Name, want)
		}
	}
}
