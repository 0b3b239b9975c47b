package placement

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// genMembers draws up to most members with different names.
func genMembers(t *rapid.T, most int) []Member {
	names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9/:-]{1,12}`), 1, most, rapid.ID[string]).Draw(t, "names")
	members := make([]Member, len(names))
	for i, name := range names {
		members[i] = Member{Name: name, Weight: rapid.IntRange(1, 3).Draw(t, "weight")}
	}
	return members
}

func genPartitions(t *rapid.T, mostBits int) int {
	return 1 << rapid.IntRange(0, mostBits).Draw(t, "partition bits")
}

func mustRing(t testing.TB, members []Member, partitions int) *Ring {
	t.Helper()
	r, err := NewRing(members, partitions)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func equalMembers(n int) []Member {
	members := make([]Member, n)
	for i := range members {
		members[i] = Member{Name: fmt.Sprintf("node-%02d", i), Weight: 1}
	}
	return members
}

// membersWithout returns members but for those with the given names.
func membersWithout(members []Member, names ...string) []Member {
	return slices.DeleteFunc(slices.Clone(members), func(m Member) bool {
		return slices.Contains(names, m.Name)
	})
}

// The promise of DESIGN.md's "Exclusion": backup i of a partition is its owner
// in the ring, built from nothing, without the owner and the backups before.
func TestBackupsAreOwnersWithoutTheOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := genMembers(t, 6)
		partitions := genPartitions(t, 6)
		r, err := NewRing(members, partitions)
		if err != nil {
			t.Fatal(err)
		}
		p := PartitionID(rapid.IntRange(0, partitions-1).Draw(t, "partition"))
		gone := []string{r.Owner(p)}
		backups := r.Backups(p, len(members)+1)
		if len(backups) != len(members)-1 {
			t.Fatalf("%d backups of %d members", len(backups), len(members))
		}
		for i, backup := range backups {
			smaller, err := NewRing(membersWithout(members, gone...), partitions)
			if err != nil {
				t.Fatal(err)
			}
			if want := smaller.Owner(p); backup != want {
				t.Fatalf("backup %d of partition %d is %q, the ring without %q gives %q", i, p, backup, gone, want)
			}
			gone = append(gone, backup)
		}
	})
}

func TestTargetIsOwnerThenBackups(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := genMembers(t, 6)
		partitions := genPartitions(t, 5)
		r, err := NewRing(members, partitions)
		if err != nil {
			t.Fatal(err)
		}
		replicas := rapid.IntRange(0, 7).Draw(t, "replicas")
		target := r.Target(replicas)
		if len(target) != partitions {
			t.Fatalf("%d rows for %d partitions", len(target), partitions)
		}
		for i, got := range target {
			p := PartitionID(i)
			want := append([]string{r.Owner(p)}, r.Backups(p, replicas-1)...)
			if !slices.Equal(got, want) {
				t.Fatalf("target of partition %d is %q, want %q", p, got, want)
			}
		}
	})
}

func TestRingIsAFunctionOfTheSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := genMembers(t, 8)
		shuffled := rapid.Permutation(members).Draw(t, "order")
		a, errA := NewRing(members, 128)
		b, errB := NewRing(shuffled, 128)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if !slices.EqualFunc(a.Target(3), b.Target(3), slices.Equal[[]string]) {
			t.Fatal("the order of members changes the ring")
		}
	})
}

// No worker of equal ones owns more than the load factor allows, and a worker
// of more weight has more.
func TestBalance(t *testing.T) {
	const partitions = 1024
	for _, n := range []int{1, 2, 3, 7, 16} {
		r := mustRing(t, equalMembers(n), partitions)
		owned := make(map[string]int)
		for p := range partitions {
			owned[r.Owner(PartitionID(p))]++
		}
		limit := int(math.Ceil(loadFactor * partitions / float64(n)))
		for name, count := range owned {
			if count > limit {
				t.Errorf("%d members: %s owns %d partitions, more than %d", n, name, count, limit)
			}
		}
	}

	r := mustRing(t, []Member{{"big", 4}, {"small-1", 1}, {"small-2", 1}}, partitions)
	owned := make(map[string]int)
	for p := range partitions {
		owned[r.Owner(PartitionID(p))]++
	}
	if share := float64(owned["big"]) / partitions; share < 0.55 || share > 0.78 {
		t.Errorf("a member with 4 of 6 units of weight owns %.2f", share)
	}
}

func TestNewRingRefuses(t *testing.T) {
	many := make([]Member, 3)
	for i := range many {
		many[i] = Member{Name: fmt.Sprint(i), Weight: MaxTotalWeight/3 + 1}
	}
	for _, tc := range []struct {
		name       string
		members    []Member
		partitions int
		want       error
	}{
		{"nobody", nil, 16, ErrNoMembers},
		{"no name", []Member{{"", 1}}, 16, ErrNoName},
		{"twice", []Member{{"a", 1}, {"b", 1}, {"a", 2}}, 16, ErrDuplicateMember},
		{"no weight", []Member{{"a", 0}}, 16, ErrWeight},
		{"negative weight", []Member{{"a", -1}}, 16, ErrWeight},
		{"too heavy", []Member{{"a", MaxTotalWeight + 1}}, 16, ErrWeight},
		{"too heavy together", many, 16, ErrWeight},
		{"overflowing weight", []Member{{"a", math.MaxInt}, {"b", math.MaxInt}}, 16, ErrWeight},
		{"no partitions", []Member{{"a", 1}}, 0, ErrPartitions},
		{"odd partitions", []Member{{"a", 1}}, 1000, ErrPartitions},
		{"too many partitions", []Member{{"a", 1}}, 2 * Slots, ErrPartitions},
	} {
		r, err := NewRing(tc.members, tc.partitions)
		if r != nil || !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, %v, want %v", tc.name, r, err, tc.want)
		}
	}
	_, err := NewRing([]Member{{"", 1}, {"a", 0}, {"a", 1}}, 16)
	for _, want := range []error{ErrNoName, ErrWeight, ErrDuplicateMember} {
		if !errors.Is(err, want) {
			t.Errorf("%v does not report %v", err, want)
		}
	}
}

func TestRingEdges(t *testing.T) {
	alone := mustRing(t, []Member{{"a", 2}}, 4)
	if got := alone.Backups(0, 3); len(got) != 0 {
		t.Errorf("a ring of one member has backups %q", got)
	}
	if got := alone.Target(3); len(got) != 4 || !slices.Equal(got[3], []string{"a"}) {
		t.Errorf("target of a ring of one member: %q", got)
	}
	if alone.Owner(4) != "" || alone.Backups(4, 1) != nil {
		t.Error("a partition that does not exist has an owner or a backup")
	}
	two := mustRing(t, []Member{{"b", 1}, {"a", 1}}, 4)
	if got := two.Backups(0, 0); len(got) != 0 {
		t.Errorf("no backups wanted, got %q", got)
	}
	names := two.Names()
	if !slices.Equal(names, []string{"a", "b"}) || two.Partitions() != 4 {
		t.Errorf("names %q, %d partitions", names, two.Partitions())
	}
	names[0] = "changed"
	if two.Owner(0) == "changed" || two.Names()[0] != "a" {
		t.Error("the ring shares its names with the caller")
	}
	if got := len(mustRing(t, equalMembers(5), 1).Target(2)); got != 1 {
		t.Errorf("more members than partitions: %d rows", got)
	}
}

// Readers of one ring need no lock: for the race detector.
func TestRingConcurrentUse(t *testing.T) {
	r := mustRing(t, equalMembers(5), 64)
	want := r.Target(3)
	done := make(chan bool)
	for range 4 {
		go func() {
			same := slices.EqualFunc(r.Target(3), want, slices.Equal[[]string])
			for p := range want {
				same = same && slices.Equal(r.Backups(PartitionID(p), 2), want[p][1:])
			}
			done <- same
		}()
	}
	for range 4 {
		if !<-done {
			t.Error("two readers of one ring see different targets")
		}
	}
}

// A table once computed must stay for ever: clusters of two versions, and on
// two kinds of machine, must agree on it.
func TestRingIsPinned(t *testing.T) {
	r := mustRing(t, []Member{{"pi-1", 1}, {"pi-2", 1}, {"pi-3", 2}}, 16)
	got := ""
	for _, row := range r.Target(2) {
		got += row[0][3:] + row[1][3:] + " "
	}
	if got != pinnedTarget {
		t.Errorf("the ring changed:\n got %q\nwant %q", got, pinnedTarget)
	}
}

const pinnedTarget = "31 31 32 32 32 32 23 32 13 13 23 12 31 23 32 31 "

func BenchmarkNewRing(b *testing.B) {
	for _, n := range []int{3, 16, 100} {
		members := equalMembers(n)
		rand.Shuffle(n, func(i, j int) { members[i], members[j] = members[j], members[i] })
		b.Run(fmt.Sprintf("members=%d", n), func(b *testing.B) {
			for b.Loop() {
				mustRing(b, members, 1024)
			}
		})
	}
}

func BenchmarkTarget(b *testing.B) {
	r := mustRing(b, equalMembers(16), 1024)
	for _, replicas := range []int{1, 2, 3} {
		b.Run(fmt.Sprintf("replicas=%d", replicas), func(b *testing.B) {
			for b.Loop() {
				r.Target(replicas)
			}
		})
	}
}
