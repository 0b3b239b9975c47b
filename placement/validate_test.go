package placement

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestGeneratedViewsAreValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := genView(t).Validate(); err != nil {
			t.Fatal(err)
		}
	})
}

// Each break of a rule is reported, with words that say which.
func TestValidateReports(t *testing.T) {
	valid := func() *View {
		return &View{
			Cluster: "test", MasterID: 7, Epoch: 3, Replicas: 2,
			Nodes: []Node{testNode("w1", NodeActive), testNode("w2", NodeDraining), testNode("w3", NodeActive)},
			Partitions: []Partition{
				{Epoch: 1, Primary: '1', InSync: []Incarnation{'1', '2'}, Learners: []Incarnation{'3'}},
				{Epoch: 3, Primary: '2', InSync: []Incarnation{'2'}},
			},
		}
	}
	if err := valid().Validate(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		want  string
		spoil func(v *View)
	}{
		{"cluster's name", func(v *View) { v.Cluster = "" }},
		{"cluster's name", func(v *View) { v.Cluster = strings.Repeat("x", MaxText+1) }},
		{"no master id", func(v *View) { v.MasterID = 0 }},
		{"no epoch", func(v *View) { v.Epoch = 0 }},
		{"0 replicas", func(v *View) { v.Replicas = 0 }},
		{"4 replicas", func(v *View) { v.Replicas = MaxReplicas + 1 }},
		{"power of two", func(v *View) { v.Partitions = v.Partitions[:0] }},
		{"power of two", func(v *View) { v.Partitions = append(v.Partitions, v.Partitions[0]) }},
		{"no incarnation", func(v *View) { v.Nodes[0].Incarnation = 0 }},
		{"its name has 0", func(v *View) { v.Nodes[0].Name = "" }},
		{"its name has 256", func(v *View) { v.Nodes[0].Name = strings.Repeat("x", MaxText+1) }},
		{"its address has 0", func(v *View) { v.Nodes[0].Addr = "" }},
		{"its RESP address has 256", func(v *View) { v.Nodes[0].RESPAddr = strings.Repeat("x", MaxText+1) }},
		{"negative capacity", func(v *View) { v.Nodes[0].Capacity = -1 }},
		{"unknown state-3", func(v *View) { v.Nodes[0].State = 3 }},
		{"weight -1", func(v *View) { v.Nodes[0].Weight = -1 }},
		{"weight 65", func(v *View) { v.Nodes[0].Weight = MaxWeight + 1 }},
		{"not sorted by name", func(v *View) { v.Nodes[0], v.Nodes[1] = v.Nodes[1], v.Nodes[0] }},
		{"two nodes with incarnation", func(v *View) { v.Nodes[0].Incarnation = '2' }},
		{"more than 4096", func(v *View) { v.Nodes = make([]Node, MaxNodes+1) }},
		{"partition 0: epoch 0", func(v *View) { v.Partitions[0].Epoch = 0 }},
		{"partition 0: epoch 4", func(v *View) { v.Partitions[0].Epoch = 4 }},
		{"no in-sync replica", func(v *View) { v.Partitions[0].InSync = nil }},
		{"is not in sync", func(v *View) { v.Partitions[0].Primary = '3' }},
		{"in-sync replicas not sorted", func(v *View) { v.Partitions[0].InSync = []Incarnation{'2', '1'} }},
		{"in-sync replicas not sorted", func(v *View) { v.Partitions[0].InSync = []Incarnation{'1', '1'} }},
		{"in-sync replicas name unknown", func(v *View) { v.Partitions[0].InSync = []Incarnation{'1', '9'} }},
		{"learners not sorted", func(v *View) { v.Partitions[1].Learners = []Incarnation{'3', '1'} }},
		{"learners name unknown", func(v *View) { v.Partitions[0].Learners = []Incarnation{'9'} }},
		{"partition 0: life 65536", func(v *View) { v.Partitions[0].Life = MaxLife + 1 }},
		{"in sync and a learner", func(v *View) { v.Partitions[0].Learners = []Incarnation{'2'} }},
	} {
		v := valid()
		tc.spoil(v)
		err := v.Validate()
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("want a report of %q, got %v", tc.want, err)
		}
	}

	v := valid()
	v.Cluster, v.MasterID, v.Partitions[1].InSync = "", 0, nil
	err := v.Validate()
	for _, want := range []string{"cluster's name", "no master id", "no in-sync replica"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not among the problems of %v", want, err)
		}
	}
}

func TestValidateBoundsItsReport(t *testing.T) {
	v := &View{Partitions: make([]Partition, Slots)}
	err := v.Validate()
	if n := strings.Count(err.Error(), "\n"); n != maxProblems || !strings.Contains(err.Error(), "more") {
		t.Errorf("%d lines about a view that is wrong everywhere", n)
	}
}
