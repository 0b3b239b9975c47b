package placement

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// role is a replica's part in the slow, obvious register below.
type role int

const (
	absent role = iota
	learning
	backing
	leading
)

// roles is a configuration as the slow register keeps it.
type roles map[Incarnation]role

func rolesOf(p Partition) roles {
	r := roles{}
	for _, inc := range p.Learners {
		r[inc] = learning
	}
	for _, inc := range p.InSync {
		r[inc] = backing
	}
	r[p.Primary] = leading
	return r
}

// slowChange is the register's rules as a table of roles: what a change
// makes of the asker's and the node's roles, and false when it is refused.
func slowChange(v *View, c Change, before roles, epoch Epoch) (roles, bool) {
	asks := leading
	if c.Kind == Replace {
		asks = backing
	}
	if epoch != c.Epoch || before[c.Asker] != asks {
		return nil, false
	}
	after := maps.Clone(before)
	switch was := before[c.Node]; {
	case c.Kind == AddLearner && was == absent:
		if n, ok := v.Node(c.Node); !ok || n.State == NodeDraining {
			return nil, false
		}
		after[c.Node] = learning
	case c.Kind == Promote && was == learning:
		after[c.Node] = backing
	case c.Kind == HandOver && was == backing:
		after[c.Asker], after[c.Node] = backing, leading
	case c.Kind == Drop && (was == learning || was == backing):
		delete(after, c.Node)
	case c.Kind == Replace && was == backing:
		maps.DeleteFunc(after, func(_ Incarnation, r role) bool { return r == leading })
		after[c.Node] = leading
	default:
		return nil, false
	}
	return after, true
}

// Next agrees with the slow register on every change of a batch, and whatever
// is asked, the rules of the types hold afterwards.
func TestNextAgainstSlowRegister(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := genView(t)
		before := v.Clone()
		changes := make([]Change, rapid.IntRange(0, 6).Draw(t, "changes"))
		for i := range changes {
			changes[i] = genChange(t, v)
		}
		next, refused := v.Next(changes)
		if !equalViews(v, before) {
			t.Fatal("Next changed the view in force")
		}
		if len(refused) != len(changes) {
			t.Fatalf("%d answers to %d changes", len(refused), len(changes))
		}

		want := make(map[PartitionID]roles)
		replaced := make(map[PartitionID]bool)
		for i, c := range changes {
			var taken bool
			if int(c.Partition) < len(v.Partitions) && want[c.Partition] == nil {
				p := v.Partitions[c.Partition]
				want[c.Partition], taken = slowChange(v, c, rolesOf(p), p.Epoch)
				replaced[c.Partition] = c.Kind == Replace || c.Kind == Drop && p.Replaced
			}
			if taken != (refused[i] == nil) {
				t.Fatalf("change %+v: refused %v, the slow register takes it: %v", c, refused[i], taken)
			}
		}
		maps.DeleteFunc(want, func(_ PartitionID, r roles) bool { return r == nil })

		if len(want) == 0 {
			if next != nil {
				t.Fatal("a new view without a change")
			}
			return
		}
		if err := next.Validate(); err != nil {
			t.Fatal(err)
		}
		if next.Epoch != v.Epoch+1 {
			t.Fatalf("epoch %v follows %v", next.Epoch, v.Epoch)
		}
		for i, p := range next.Partitions {
			r, changed := want[PartitionID(i)]
			switch was := v.Partitions[i]; {
			case !changed && !equalPartitions(p, was):
				t.Fatalf("partition %d changed by itself: %v, before %v", i, p, was)
			case changed && (p.Epoch != next.Epoch || !maps.Equal(rolesOf(p), r)):
				t.Fatalf("partition %d is %v, want %v", i, p, r)
			case changed && (p.Replaced != replaced[PartitionID(i)] || p.Life != was.Life):
				t.Fatalf("partition %d is %+v, before %+v", i, p, was)
			case !was.isInSync(p.Primary):
				t.Fatalf("partition %d: the new primary %v was not in sync", i, p.Primary)
			}
		}
	})
}

func TestNextNamesTheRule(t *testing.T) {
	v := &View{
		Cluster: "test", MasterID: 7, Epoch: 5, Replicas: 2,
		Nodes: []Node{testNode("w1", NodeActive), testNode("w2", NodeActive), testNode("w3", NodeActive), testNode("w4", NodeDraining)},
		Partitions: []Partition{
			{Epoch: 3, Primary: '1', InSync: []Incarnation{'1', '2'}},
			{Epoch: 5, Primary: '1', InSync: []Incarnation{'1'}, Learners: []Incarnation{'2'}},
		},
	}
	if err := v.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		c    Change
		want error
	}{
		{Change{AddLearner, 0, 3, '1', '3'}, nil},
		{Change{AddLearner, 2, 3, '1', '3'}, ErrNoPartition},
		{Change{AddLearner, 0, 2, '1', '3'}, ErrStaleEpoch},
		{Change{AddLearner, 0, 5, '1', '3'}, ErrStaleEpoch}, // the view's epoch is not the partition's
		{Change{AddLearner, 0, 3, '2', '3'}, ErrNotAsker},
		{Change{AddLearner, 0, 3, 0, '3'}, ErrNotAsker},
		{Change{AddLearner, 0, 3, '1', '9'}, ErrUnknownNode},
		{Change{AddLearner, 0, 3, '1', 0}, ErrUnknownNode},
		{Change{AddLearner, 0, 3, '1', '4'}, ErrDraining},
		{Change{AddLearner, 0, 3, '1', '1'}, ErrAlreadyThere},
		{Change{AddLearner, 0, 3, '1', '2'}, ErrAlreadyThere},
		{Change{AddLearner, 1, 5, '1', '2'}, ErrAlreadyThere},
		{Change{Promote, 1, 5, '1', '2'}, nil},
		{Change{Promote, 1, 5, '1', '3'}, ErrNotLearner},
		{Change{Promote, 0, 3, '1', '2'}, ErrNotLearner},
		{Change{HandOver, 0, 3, '1', '2'}, nil},
		{Change{HandOver, 0, 3, '1', '1'}, ErrNotInSync},
		{Change{HandOver, 0, 3, '1', '3'}, ErrNotInSync},
		{Change{HandOver, 1, 5, '1', '2'}, ErrNotInSync},
		{Change{Drop, 0, 3, '1', '2'}, nil},
		{Change{Drop, 1, 5, '1', '2'}, nil},
		{Change{Drop, 0, 3, '1', '1'}, ErrPrimary},
		{Change{Drop, 1, 5, '1', '1'}, ErrLastInSync},
		{Change{Drop, 0, 3, '1', '3'}, ErrNotReplica},
		{Change{0, 0, 3, '1', '3'}, ErrUnknownKind},
		{Change{Replace, 0, 3, '2', '2'}, nil},
		{Change{Replace, 2, 3, '2', '2'}, ErrNoPartition},
		{Change{Replace, 0, 2, '2', '2'}, ErrStaleEpoch},
		{Change{Replace, 0, 3, '1', '2'}, ErrNotBackup},
		{Change{Replace, 0, 3, '3', '2'}, ErrNotBackup},
		{Change{Replace, 1, 5, '2', '2'}, ErrNotBackup}, // a learner
		{Change{Replace, 0, 3, '2', '1'}, ErrNotInSync},
		{Change{Replace, 0, 3, '2', '3'}, ErrNotInSync},
		{Change{Replace + 1, 0, 3, '1', '3'}, ErrUnknownKind},
	} {
		next, refused := v.Next([]Change{tc.c})
		if !errors.Is(refused[0], tc.want) || (next == nil) != (tc.want != nil) {
			t.Errorf("%+v: %v, %v, want %v", tc.c, next, refused[0], tc.want)
		}
	}
}

func TestNextTakesOneChangeAPartition(t *testing.T) {
	v, err := NewView("test", 7, 1, []Node{testNode("w1", NodeActive), testNode("w2", NodeActive), testNode("w3", NodeActive)},
		[][]string{{"w1"}, {"w1"}, {"w1"}, {"w1"}})
	if err != nil {
		t.Fatal(err)
	}
	next, refused := v.Next([]Change{
		{AddLearner, 0, 1, '1', '2'},
		{AddLearner, 0, 1, '1', '3'}, // stale: the first won
		{Promote, 0, 2, '1', '2'},    // stale: nobody can know an epoch that is not published
		{AddLearner, 1, 1, '1', '3'},
		{AddLearner, 2, 9, '1', '3'},
		{AddLearner, 2, 1, '1', '2'}, // the refused one before it does not count
	})
	for i, want := range []error{nil, ErrStaleEpoch, ErrStaleEpoch, nil, ErrStaleEpoch, nil} {
		if !errors.Is(refused[i], want) {
			t.Errorf("change %d: %v, want %v", i, refused[i], want)
		}
	}
	var epochs []Epoch
	for _, p := range next.Partitions {
		epochs = append(epochs, p.Epoch)
	}
	if !slices.Equal(epochs, []Epoch{2, 2, 2, 1}) || next.Epoch != 2 {
		t.Errorf("view %v with partition epochs %v", next.Epoch, epochs)
	}
	if again, refused := next.Next([]Change{{AddLearner, 0, 1, '1', '2'}}); again != nil || !errors.Is(refused[0], ErrStaleEpoch) {
		t.Errorf("a repeated request was taken: %v, %v", again, refused)
	}
}
