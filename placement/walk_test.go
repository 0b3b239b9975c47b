package placement

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The walk around the ring without some nodes gives what the library gives
// for a ring that never had them.
func TestWalkAgainstLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := genMembers(t, 8)
		slices.SortFunc(members, func(a, b Member) int { return cmp.Compare(a.Name, b.Name) })
		partitions := genPartitions(t, 8)
		w := newWalk(members, partitions)

		excluded := make([]bool, len(members))
		var left []Member
		var index []int32 // in members, of each that is left
		for i, m := range members {
			if excluded[i] = rapid.Bool().Draw(t, "excluded"); !excluded[i] {
				left = append(left, m)
				index = append(index, int32(i))
			}
		}
		got := w.table(excluded)
		if len(left) == 0 {
			if got != nil {
				t.Fatal("a table without a node")
			}
			return
		}
		want := libraryTable(left, partitions)
		for p := range want {
			want[p] = index[want[p]]
		}
		if !slices.Equal(got, want) {
			t.Fatalf("walk %v\nlibrary %v", got, want)
		}
	})
}

func TestHasherSpreadsPartitions(t *testing.T) {
	for n := 1; n <= Slots; n *= 2 {
		h := hasher{n}
		for p := 1; p < n; p++ {
			b := make([]byte, partitionKeySize)
			b[0], b[1] = byte(p), byte(p>>8)
			if gap := h.Sum64(b) - h.place(p-1); gap != 1<<63/uint64(n)*2 {
				t.Fatalf("%d partitions: %d lies %d after the one before it", n, p, gap)
			}
		}
	}
}

// The library hashes a partition's number as so many bytes; a ring point's
// name must be longer for the hasher to tell them apart.
func TestPointsAreLongerThanPartitions(t *testing.T) {
	for _, u := range ringMembers([]Member{{"a", 12}}) {
		if point := "0:" + u.String(); len(point) <= partitionKeySize {
			t.Errorf("the name %q of a ring point is short", point)
		}
	}
}

// Beyond mostByLibrary NewRing does without the library: what it would have given.
func TestLargeRingsAgainstLibrary(t *testing.T) {
	for _, members := range [][]Member{
		{{"a", 100}, {"b", 60}, {"c", 1}},
		{{"a", 8}, {"b", 64}, {"c", 64}, {"d", 8}, {"e", 64}, {"f", 2}},
	} {
		r, err := NewRing(members, 1024)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.walk.units) <= mostByLibrary {
			t.Fatalf("%d members of the library's ring are not many", len(r.walk.units))
		}
		if want := libraryTable(members, 1024); !slices.Equal(r.owners, want) {
			t.Errorf("%v: ring %v\nlibrary %v", members, r.owners, want)
		}
	}
}
