package placement

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestNewView(t *testing.T) {
	nodes := []Node{testNode("w3", NodeDraining), testNode("w2", NodeActive), testNode("w1", NodeActive)}
	v, err := NewView("test", 7, 2, nodes, [][]string{{"w2", "w1"}, {"w1"}})
	if err != nil {
		t.Fatal(err)
	}
	if v.Epoch != 1 || v.Replicas != 2 || v.Cluster != "test" || v.MasterID != 7 {
		t.Errorf("head of the view: %+v", v)
	}
	if v.Nodes[0].Name != "w1" || len(v.Nodes) != 3 || nodes[0].Name != "w3" {
		t.Errorf("nodes %v, given %v", v.Nodes, nodes)
	}
	want := []Partition{
		{Epoch: 1, Primary: '2', InSync: []Incarnation{'1', '2'}},
		{Epoch: 1, Primary: '1', InSync: []Incarnation{'1'}},
	}
	if !slices.EqualFunc(v.Partitions, want, equalPartitions) {
		t.Errorf("partitions %v", v.Partitions)
	}
}

func TestNewViewRefuses(t *testing.T) {
	w1, w2 := testNode("w1", NodeActive), testNode("w2", NodeDraining)
	twin := w1
	twin.Incarnation = 9
	for _, tc := range []struct {
		name   string
		nodes  []Node
		target [][]string
		want   error
	}{
		{"a name that is not there", []Node{w1}, [][]string{{"w9"}}, ErrTarget},
		{"a draining primary", []Node{w1, w2}, [][]string{{"w2"}}, ErrTarget},
		{"a draining backup", []Node{w1, w2}, [][]string{{"w1", "w2"}}, ErrTarget},
		{"no primary", []Node{w1}, [][]string{{}}, ErrTarget},
		{"one name twice", []Node{w1, twin}, [][]string{{"w1"}}, ErrTarget},
		{"no partitions", []Node{w1}, nil, ErrPartitions},
		{"three partitions", []Node{w1}, [][]string{{"w1"}, {"w1"}, {"w1"}}, ErrPartitions},
	} {
		if v, err := NewView("test", 7, 1, tc.nodes, tc.target); v != nil || !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, %v, want %v", tc.name, v, err, tc.want)
		}
	}
	if _, err := NewView("", 7, 1, []Node{w1}, [][]string{{"w1"}}); !errors.Is(err, ErrInvalid) {
		t.Errorf("no cluster: %v", err)
	}
}

func TestLookups(t *testing.T) {
	v := &View{
		Nodes:      []Node{testNode("w1", NodeActive), testNode("w2", NodeActive)},
		Partitions: []Partition{{Epoch: 1, Primary: '2', InSync: []Incarnation{'2'}, Learners: []Incarnation{'1'}}},
	}
	if n, ok := v.Node('1'); !ok || n.Name != "w1" {
		t.Errorf("Node = %v, %v", n, ok)
	}
	if n, ok := v.Node('9'); ok {
		t.Errorf("an unknown node is %v", n)
	}
	if n, ok := v.Owner(0); !ok || n.Name != "w2" {
		t.Errorf("Owner = %v, %v", n, ok)
	}
	if n, ok := v.Owner(1); ok {
		t.Errorf("partition 1 of 1 has owner %v", n)
	}
	if !v.Holds(0, '1') || !v.Holds(0, '2') || v.Holds(0, '3') || v.Holds(1, '1') {
		t.Error("Holds is wrong")
	}
}

func TestCloneSharesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := genView(t)
		before := string(EncodeView(v))
		c := v.Clone()
		if !equalViews(v, c) {
			t.Fatalf("clone %v of %v", c, v)
		}
		c.Nodes[0].Name = "changed"
		for i := range c.Partitions {
			p := &c.Partitions[i]
			p.Primary = 0
			p.InSync[0] = 0
			for j := range p.Learners {
				p.Learners[j] = 0
			}
		}
		if string(EncodeView(v)) != before {
			t.Fatal("a change of the clone changed the view")
		}
	})
}

func TestWithNodes(t *testing.T) {
	w1, w2, w3 := testNode("w1", NodeActive), testNode("w2", NodeActive), testNode("w3", NodeActive)
	v, err := NewView("test", 7, 1, []Node{w1, w2}, [][]string{{"w1"}, {"w1"}})
	if err != nil {
		t.Fatal(err)
	}
	next := func(v *View, nodes ...Node) *View {
		t.Helper()
		n, err := v.WithNodes(nodes)
		if err != nil {
			t.Fatal(err)
		}
		if n != nil && n.Epoch != v.Epoch+1 {
			t.Errorf("epoch %v follows %v", n.Epoch, v.Epoch)
		}
		return n
	}
	if n := next(v, w2, w1); n != nil {
		t.Errorf("the same nodes in another order make view %v", n)
	}
	if n := next(v, w1, w2, w3); len(n.Nodes) != 3 {
		t.Errorf("a new node: %v", n.Nodes)
	}
	if n := next(v, w1); !slices.Equal(n.Nodes, []Node{w1}) {
		t.Errorf("a node that no partition names stays: %v", n.Nodes)
	}
	if n := next(v, w2); n != nil {
		t.Errorf("a node that a partition names went: %v", n.Nodes)
	}
	moved := w1
	moved.Addr = "elsewhere:1"
	if n := next(v, moved, w2); n.Nodes[0].Addr != moved.Addr {
		t.Errorf("a new address: %v", n.Nodes)
	}
	restarted := w1
	restarted.Incarnation = '9'
	if n := next(v, restarted, w2); !slices.Equal(n.Nodes, []Node{w1, restarted, w2}) {
		t.Errorf("a restarted node: %v", n.Nodes)
	}
	drained := w2
	drained.State = NodeDraining
	d := next(v, w1, drained)
	if d.Nodes[1].State != NodeDraining {
		t.Errorf("a draining node: %v", d.Nodes)
	}
	if n := next(d, w1, w2); n == nil || n.Nodes[1].State != NodeActive {
		t.Errorf("a draining node that is given as active: %v", n)
	}
	if n := next(d, w1, drained); n != nil {
		t.Errorf("nothing changed: %v", n.Nodes)
	}
	again := w2
	again.Incarnation = '8'
	if n := next(d, w1, again); !slices.Equal(n.Nodes, []Node{w1, again}) {
		t.Errorf("the next incarnation of a drained node: %v", n.Nodes)
	}
	for _, bad := range [][]Node{{w1, w1}, {w1, {Name: "x", Addr: "x:1"}}, {{Incarnation: 5, Addr: "x:1"}}} {
		if n, err := v.WithNodes(bad); n != nil || !errors.Is(err, ErrInvalid) {
			t.Errorf("bad nodes %v: %v, %v", bad, n, err)
		}
	}
	if err := v.Validate(); err != nil || len(v.Nodes) != 2 || v.Epoch != 1 {
		t.Errorf("the view that was asked changed: %v, %v", v, err)
	}
}
