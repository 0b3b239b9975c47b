package placement

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// A reset begins the lives that it was asked for, and touches nothing else.
func TestReset(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := genView(t)
		before := v.Clone()
		var ids []PartitionID
		var primaries []Incarnation
		allowed := true
		for i, p := range v.Partitions {
			if !rapid.Bool().Draw(t, "reset") {
				continue
			}
			node := rapid.SampledFrom(v.Nodes).Draw(t, "primary")
			allowed = allowed && node.State == NodeActive && p.Life < MaxLife
			ids, primaries = append(ids, PartitionID(i)), append(primaries, node.Incarnation)
		}
		next, err := v.Reset(ids, primaries)
		if !equalViews(v, before) {
			t.Fatal("Reset changed the view in force")
		}
		if !allowed || len(ids) == 0 {
			if next != nil || !errors.Is(err, ErrReset) {
				t.Fatalf("%v, %v", next, err)
			}
			return
		}
		if err != nil || next.Epoch != v.Epoch+1 {
			t.Fatalf("%v, %v", next, err)
		}
		if err := next.Validate(); err != nil {
			t.Fatal(err)
		}
		for i, p := range next.Partitions {
			was := v.Partitions[i]
			if len(ids) == 0 || ids[0] != PartitionID(i) {
				if !equalPartitions(p, was) {
					t.Fatalf("partition %d changed by itself", i)
				}
				continue
			}
			want := Partition{Epoch: next.Epoch, Primary: primaries[0], InSync: primaries[:1], Replaced: true, Life: was.Life + 1}
			if !equalPartitions(p, want) {
				t.Fatalf("partition %d is %+v, want %+v", i, p, want)
			}
			ids, primaries = ids[1:], primaries[1:]
		}
	})
}

func TestResetNamesTheRule(t *testing.T) {
	v := deltaView(t)
	v.Partitions[1].Life = MaxLife
	for _, tc := range []struct {
		ids       []PartitionID
		primaries []Incarnation
		want      error
	}{
		{nil, nil, ErrReset},
		{[]PartitionID{0, 0}, []Incarnation{'1'}, ErrReset},
		{[]PartitionID{0, 0}, []Incarnation{'1', '1'}, ErrReset},
		{[]PartitionID{1}, []Incarnation{'1'}, ErrReset},
		{[]PartitionID{4}, []Incarnation{'1'}, ErrNoPartition},
		{[]PartitionID{0}, []Incarnation{'9'}, ErrUnknownNode},
	} {
		if next, err := v.Reset(tc.ids, tc.primaries); next != nil || !errors.Is(err, ErrReset) || !errors.Is(err, tc.want) {
			t.Errorf("reset %v to %v: %v, %v", tc.ids, tc.primaries, next, err)
		}
	}
}

// The delta of a reset and of a new number of replicas leads where it should.
func TestResetAndReplicasTravel(t *testing.T) {
	v := deltaView(t)
	next, err := v.Reset([]PartitionID{0}, []Incarnation{'2'})
	if err != nil {
		t.Fatal(err)
	}
	if next, err = next.WithReplicas(3); err != nil {
		t.Fatal(err)
	}
	d, err := DecodeDelta(EncodeDelta(next.Since(v.Epoch)))
	if err != nil || len(d.Partitions) != 1 {
		t.Fatalf("%v, %v", d, err)
	}
	got, err := v.Apply(d)
	if err != nil || !equalViews(got, next) {
		t.Fatalf("%v, %v, want %v", got, err, next)
	}
}

func TestWithReplicas(t *testing.T) {
	v := deltaView(t)
	for n := -1; n <= MaxReplicas+1; n++ {
		next, err := v.WithReplicas(n)
		switch {
		case n < 1 || n > MaxReplicas:
			if next != nil || !errors.Is(err, ErrInvalid) {
				t.Errorf("%d: %v, %v", n, next, err)
			}
		case n == v.Replicas:
			if next != nil || err != nil {
				t.Errorf("%d: %v, %v", n, next, err)
			}
		case err != nil || next.Replicas != n || next.Epoch != v.Epoch+1 || next.Validate() != nil:
			t.Errorf("%d: %v, %v", n, next, err)
		}
	}
}

// What was written before partitions had lives can still be read.
func TestDecodeOfAViewWithoutLives(t *testing.T) {
	type partition struct {
		Epoch    Epoch         `codec:"e"`
		Primary  Incarnation   `codec:"p"`
		InSync   []Incarnation `codec:"s"`
		Learners []Incarnation `codec:"l"`
	}
	v := deltaView(t)
	var parts []partition
	for _, p := range v.Partitions {
		parts = append(parts, partition{p.Epoch, p.Primary, p.InSync, p.Learners})
	}
	got, err := DecodeView(encodeAny(t, map[string]any{
		"cluster": v.Cluster, "master": v.MasterID, "epoch": v.Epoch, "replicas": v.Replicas, "nodes": v.Nodes, "parts": parts,
	}))
	if err != nil || !equalViews(got, v) {
		t.Errorf("%v, %v, want %v", got, err, v)
	}
}
