package placement

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func TestShareByCapacity(t *testing.T) {
	const mib = 1 << 20
	for _, tc := range []struct {
		capacity int64
		want     int
	}{
		{math.MinInt64, 1}, {0, 1}, {64 * mib, 1}, {1535 * mib, 1}, {1536 * mib, 2},
		{2048 * mib, 2}, {8 * 1024 * mib, 8}, {64 * 1024 * mib, 8}, {math.MaxInt64, 8},
	} {
		if got := (Node{Capacity: tc.capacity}).Share(); got != tc.want {
			t.Errorf("with a capacity of %d the share is %d, want %d", tc.capacity, got, tc.want)
		}
	}
}

func TestOperatorsWeightCounts(t *testing.T) {
	if got := (Node{Capacity: 8 << 30, Weight: 3}).Share(); got != 3 {
		t.Errorf("the share is %d, want the weight that was set", got)
	}
}

func TestActiveMembersLeavesOutDrainingAndSpare(t *testing.T) {
	got := ActiveMembers([]Node{
		{Incarnation: 1, Name: "w1", Capacity: 2 << 30},
		{Incarnation: 2, Name: "w2", Capacity: 2 << 30, State: NodeDraining},
		{Incarnation: 3, Name: "w3"},
		{Incarnation: 4, Name: "w4", Capacity: 2 << 30, State: NodeSpare},
	})
	if want := []Member{{"w1", 2}, {"w3", 1}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTooMuchWeightShrinks(t *testing.T) {
	for _, count := range []int{17, 100, 1000, MaxTotalWeight} {
		var nodes []Node
		for i := range count {
			nodes = append(nodes, Node{Incarnation: Incarnation(i + 1), Name: fmt.Sprintf("w%04d", i), Weight: 1 + 63*(i%2)})
		}
		total, light, heavy := 0, 0, 0
		for i, m := range ActiveMembers(nodes) {
			total += m.Weight
			if i%2 == 0 {
				light = m.Weight
			} else {
				heavy = m.Weight
			}
		}
		if total > MaxTotalWeight || light < 1 || count <= 100 && heavy < 4*light {
			t.Errorf("%d members have %d together, light ones %d and heavy ones %d", count, total, light, heavy)
		}
	}
}
