package placement

import (
	"fmt"
	"math"
	"testing"
)

// TestSmallUnlikeRingsKeepTheWeights: on most sets of names each share is within a
// tenth of its weight's. Of rings with a load factor of 1.25 that is so of half.
func TestSmallUnlikeRingsKeepTheWeights(t *testing.T) {
	const sets = 60
	within := 0
	for set := range sets {
		members := []Member{{fmt.Sprintf("pi-%d", set), 1}, {fmt.Sprintf("pi-%d-b", set), 1}, {fmt.Sprintf("four-%d", set), 4}, {fmt.Sprintf("eight-%d", set), 8}}
		r := mustRing(t, members, 1024)
		owned := make(map[string]float64)
		for p := range 1024 {
			owned[r.Owner(PartitionID(p))]++
		}
		worst := 0.0
		for _, m := range members {
			worst = max(worst, math.Abs(owned[m.Name]*14/float64(m.Weight)/1024-1))
		}
		if worst <= 0.1 {
			within++
		}
	}
	if within < sets*9/10 {
		t.Errorf("within a tenth of the weights are %d of %d sets", within, sets)
	}
}

func TestTheLoadFactorIsTightWhereLightNodesNeedIt(t *testing.T) {
	for _, tc := range []struct {
		weights []int32
		want    float64
	}{
		{[]int32{1, 1, 1, 1}, loadFactor},
		{[]int32{8, 8}, loadFactor},
		{[]int32{1, 1, 4, 8}, unlikeFactor},
		{[]int32{0, 4, 4}, loadFactor}, // the other one is not on the ring
		{[]int32{1, 20}, unlikeFactor},
		{[]int32{2, 20}, loadFactor}, // 46 partitions for a unit
	} {
		if got := loadFor(tc.weights, 1024); got != tc.want {
			t.Errorf("weights %v: %v, want %v", tc.weights, got, tc.want)
		}
	}
}
