package autoscale

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"pikv/placement"
)

func weighted(weights ...int) (workers []Worker) {
	for i, w := range weights {
		workers = append(workers, Worker{Name: fmt.Sprintf("w%d", i), Weight: w, Capacity: gb, Reported: true})
	}
	return workers
}

func TestCopiesHeld(t *testing.T) {
	for _, c := range []struct {
		weights []int
		copies  int
		want    []float64
	}{
		{[]int{1, 1, 4, 8}, 1, []float64{1. / 14, 1. / 14, 4. / 14, 8. / 14}},
		{[]int{1, 1, 4, 8}, 4, []float64{1, 1, 1, 1}},
		{[]int{1, 8}, 2, []float64{1, 1}},
		{[]int{1, 8}, 3, []float64{1, 1}},
		{[]int{2, 2, 2}, 2, []float64{2. / 3, 2. / 3, 2. / 3}},
		{[]int{0, 1}, 1, []float64{0.5, 0.5}},
		// The first is the light one's in a tenth; else the second, of one or of the other.
		{[]int{1, 8, 1}, 2, []float64{0.1 + 0.8*0.5 + 0.1/9, 0.8 + 2*0.1*8/9, 0.1 + 0.8*0.5 + 0.1/9}},
	} {
		got := held(weighted(c.weights...), c.copies)
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-9 {
				t.Errorf("weights %v, %d copies: %v, want %v", c.weights, c.copies, got, c.want)
				break
			}
		}
	}
}

// As many copies are held as there are to be, and more by who is heavier.
func TestCopiesHeldAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(1, 8), 1, 9).Draw(t, "weights")
		copies := rapid.IntRange(1, 4).Draw(t, "copies")
		parts, sum := held(weighted(weights...), copies), 0.0
		for i, part := range parts {
			sum += part
			for j := range parts {
				if weights[i] < weights[j] && part > parts[j]+1e-9 {
					t.Fatalf("weights %v: %v", weights, parts)
				}
			}
		}
		if want := float64(min(copies, len(weights))); math.Abs(sum-want) > 1e-9 {
			t.Fatalf("weights %v: %v are %v copies, of %v", weights, parts, sum, want)
		}
	})
}

// The ring does what the policy reckons with.
func TestTheRingHoldsSo(t *testing.T) {
	for _, weights := range [][]int{{1, 1, 1}, {1, 8, 1}, {1, 1, 4, 8}, {2, 1, 2, 1, 4}} {
		for copies := 1; copies <= 3; copies++ {
			const partitions, sets = 1024, 20
			sums := make([]float64, len(weights))
			for set := range sets {
				workers := weighted(weights...)
				for i := range workers {
					workers[i].Name = fmt.Sprintf("%d-%d", set, i)
				}
				for i, n := range ringOf(t, workers, partitions, copies) {
					sums[i] += float64(n) / partitions / sets
				}
			}
			for i, part := range held(weighted(weights...), copies) {
				if math.Abs(sums[i]-part) > 0.05 {
					t.Errorf("weights %v, %d copies: the ring gives worker %d %.3f of them, not %.3f", weights, copies, i, sums[i], part)
				}
			}
		}
	}
}

// ringOf counts the copies of partitions that each of some workers holds on a real ring.
func ringOf(t rapid.TB, workers []Worker, partitions, copies int) []int {
	t.Helper()
	var members []placement.Member
	places := map[string]int{}
	for i, w := range workers {
		members, places[w.Name] = append(members, placement.Member{Name: w.Name, Weight: w.Weight}), i
	}
	ring, err := placement.NewRing(members, partitions)
	if err != nil {
		t.Fatal(err)
	}
	holds := make([]int, len(workers))
	for _, names := range ring.Target(copies) {
		for _, name := range names {
			holds[places[name]]++
		}
	}
	return holds
}
