package placement

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// genHistory draws a view and up to 6 that follow it, by changes and by new
// nodes.
func genHistory(t *rapid.T) []*View {
	history := []*View{genView(t)}
	for range rapid.IntRange(0, 6).Draw(t, "steps") {
		v := history[len(history)-1]
		var next *View
		switch rapid.IntRange(0, 4).Draw(t, "kind of step") {
		case 0: // a configuration from before the view is brought back
			p := rapid.IntRange(0, len(v.Partitions)-1).Draw(t, "partition")
			if v.Partitions[p].Epoch < v.Epoch {
				next = v.Clone()
				next.Epoch++
				next.Whole = next.Epoch
				next.Partitions[p].Epoch++
			}
		case 1, 2:
			nodes := append(slices.Clone(v.Nodes), testNode("new"+string(rune('a'+len(history))), NodeActive))
			next, _ = v.WithNodes(nodes)
		default:
			changes := make([]Change, rapid.IntRange(1, 4).Draw(t, "changes"))
			for i := range changes {
				changes[i] = genChange(t, v)
			}
			next, _ = v.Next(changes)
		}
		if next != nil {
			history = append(history, next)
		}
	}
	return history
}

// Whoever holds any view at least as new as the delta's start gets the view
// that the delta was made of, and holds it already when his is newer.
func TestApplySince(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history := genHistory(t)
		start := history[rapid.IntRange(0, len(history)-1).Draw(t, "start")]
		holder := history[rapid.IntRange(0, len(history)-1).Draw(t, "holder")]
		later := history[rapid.IntRange(0, len(history)-1).Draw(t, "later")]
		before := holder.Clone()

		delta, err := DecodeDelta(EncodeDelta(later.Since(start.Epoch)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := holder.Apply(delta)
		switch {
		case !equalViews(holder, before):
			t.Fatal("Apply changed the view it was given")
		case delta.From > holder.Epoch:
			if !errors.Is(err, ErrGap) {
				t.Fatalf("delta %d to %d on view %d: %v, want a gap", delta.From, delta.Epoch, holder.Epoch, err)
			}
		case err != nil:
			t.Fatal(err)
		case later.Epoch <= holder.Epoch:
			if got != holder {
				t.Fatalf("delta to %d took view %d back", later.Epoch, holder.Epoch)
			}
		case !equalViews(got, later):
			t.Fatalf("got %v, want %v", got, later)
		}

		fresh, err := (*View)(nil).Apply(later.Since(0))
		if err != nil || !equalViews(fresh, later) {
			t.Fatalf("from nothing: %v, %v, want %v", fresh, err, later)
		}
	})
}

func TestSinceHasOnlyWhatChanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		history := genHistory(t)
		was, now := history[0], history[len(history)-1]
		d := now.Since(was.Epoch)
		changed := make(map[PartitionID]bool)
		for _, p := range d.Partitions {
			changed[p.ID] = true
		}
		for i := range now.Partitions {
			same := equalPartitions(was.Partitions[i], now.Partitions[i]) && was.Epoch >= now.Whole
			if same == changed[PartitionID(i)] {
				t.Fatalf("partition %d: unchanged is %v, in the delta is %v", i, same, !same)
			}
		}
	})
}

func deltaView(t *testing.T) *View {
	t.Helper()
	v, err := NewView("test", 7, 1, []Node{testNode("w1", NodeActive), testNode("w2", NodeActive)}, [][]string{{"w1"}, {"w2"}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestApplyBetweenMasters(t *testing.T) {
	ours := deltaView(t)
	theirs := ours.Clone()
	theirs.MasterID = 8
	theirs.Epoch = 4
	theirs.Partitions[1] = Partition{Epoch: 4, Primary: '1', InSync: []Incarnation{'1'}}

	if got, err := ours.Apply(theirs.Since(0)); err != nil || !equalViews(got, theirs) {
		t.Errorf("a full delta of another master: %v, %v", got, err)
	}
	// The later epoch is another master's, so it does not count.
	if got, err := theirs.Apply(ours.Since(0)); err != nil || !equalViews(got, ours) {
		t.Errorf("a full delta of another master with an earlier epoch: %v, %v", got, err)
	}
	if _, err := ours.Apply(theirs.Since(1)); !errors.Is(err, ErrOtherMaster) {
		t.Errorf("a part of another master's view: %v", err)
	}
	if _, err := (*View)(nil).Apply(ours.Since(1)); !errors.Is(err, ErrGap) {
		t.Errorf("a part of a view on nothing: %v", err)
	}
	other := ours.Clone()
	other.Cluster = "other"
	if _, err := ours.Apply(other.Since(0)); !errors.Is(err, ErrOtherCluster) {
		t.Errorf("another cluster's view: %v", err)
	}
}

func TestApplyRefusesWhatNoViewGives(t *testing.T) {
	v := deltaView(t)
	later := v.Clone()
	later.Epoch = 3
	later.Partitions[0].Epoch = 3
	for _, tc := range []struct {
		name, want string
		spoil      func(d *Delta)
	}{
		{"a partition too many", "partition 2 of 2", func(d *Delta) { d.Partitions[0].ID = 2 }},
		{"twice the same", "order of ids", func(d *Delta) { d.Partitions = append(d.Partitions, d.Partitions[0]) }},
		{"not after its start", "not after the delta's start", func(d *Delta) { d.From = 3 }},
		{"later than its end", "epoch 4", func(d *Delta) { d.Partitions[0].Epoch = 4 }},
		{"backwards", "starts at epoch 5", func(d *Delta) { d.From = 5 }},
		{"not full", "1 of 2 partitions", func(d *Delta) { d.From = 0 }},
		{"other partitions", "2 partitions became 4", func(d *Delta) { d.Count = 4 }},
		{"negative partitions", "power of two", func(d *Delta) { d.Count = -2 }},
		{"an unknown node", "name unknown", func(d *Delta) { d.Nodes = d.Nodes[1:] }},
		// The delta is sound by itself, but the view is left with a partition
		// that names a node which the delta does not have.
		{"a node gone", "name unknown", func(d *Delta) { d.Nodes = d.Nodes[:1] }},
	} {
		d := later.Since(1)
		d.Partitions = slices.Clone(d.Partitions)
		tc.spoil(&d)
		if got, err := v.Apply(d); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, %v", tc.name, got, err)
		}
	}

	back := later.Clone()
	back.Epoch = 4
	back.Partitions[0].Epoch = 2
	if got, err := later.Apply(back.Since(1)); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "goes back") {
		t.Errorf("a partition that goes back: %v, %v", got, err)
	}
}
