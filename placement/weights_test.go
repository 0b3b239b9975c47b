package placement

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// goalWeights are those that shares have a goal for: how far the farthest may be off its weight's,
// and in what part of the sets of names. (Rings of equal members have goalLoad.)
var goalWeights = []int{1, 1, 4, 8}

const (
	goalShareOff  = 0.10
	goalShareSets = 0.95
)

// TestFiguresWeights measures rings of unlike members: how far each member's
// share of the primaries is from its weight's, and what joins and leaves move. It runs only with
// -figures, as TestFigures:
//
//	go test ./placement -run TestFiguresWeights -v -figures 1000
func TestFiguresWeights(t *testing.T) {
	if *figureSets < 1 {
		t.Skip("a measurement, not a test: run it with -figures N, N random member sets")
	}
	fmt.Fprintf(t.Output(), "rings of unlike members, %d partitions, %d sets of names a line\n", figurePartitions, *figureSets)
	fmt.Fprintln(t.Output(), "weights    joined by | farthest share off its weight's: median p95 worst, within 10 % | join/ideal median p95 | others moved by a leave: median p95 | backup = new owner")
	for _, tc := range []struct {
		weights []int
		joining int
	}{
		{[]int{1, 1, 4, 8}, 1}, {[]int{1, 1, 4, 8}, 4}, {[]int{1, 1, 4, 8}, 8},
		{[]int{1, 1, 1, 1}, 8}, {[]int{1, 8}, 8}, {[]int{1, 1, 2, 2, 4, 4, 8, 8}, 4}, {[]int{8, 8, 8, 8}, 8},
	} {
		measureWeights(t, tc.weights, tc.joining)
	}
}

func measureWeights(t *testing.T, weights []int, joining int) {
	var off, joins, leaves []float64
	within, lost, backed := 0, 0, 0
	total := 0
	for _, w := range weights {
		total += w
	}
	for set := range *figureSets {
		random := rand.New(rand.NewPCG(uint64(len(weights)), uint64(set)))
		members := make([]Member, len(weights)+1)
		for i, w := range append(slices.Clone(weights), joining) {
			members[i] = Member{fmt.Sprintf("node-%x", random.Uint64()), w}
		}
		gone := members[random.IntN(len(weights))].Name
		now, joined := mustRing(t, members[:len(weights)], figurePartitions), mustRing(t, members, figurePartitions)
		left := mustRing(t, membersWithout(members[:len(weights)], gone), figurePartitions)
		owned := make(map[string]int)
		moved, others, othersMoved := 0, 0, 0
		for i := range figurePartitions {
			p := PartitionID(i)
			owner := now.Owner(p)
			owned[owner]++
			if joined.Owner(p) != owner {
				moved++
			}
			if owner == gone {
				lost++
				if now.Backups(p, 1)[0] == left.Owner(p) {
					backed++
				}
				continue
			}
			others++
			if left.Owner(p) != owner {
				othersMoved++
			}
		}
		worst := 0.0
		for i, w := range weights {
			worst = max(worst, math.Abs(float64(owned[members[i].Name])*float64(total)/float64(w)/figurePartitions-1))
		}
		if worst <= goalShareOff {
			within++
		}
		off = append(off, worst)
		joins = append(joins, float64(moved)/figurePartitions*float64(total+joining)/float64(joining))
		leaves = append(leaves, float64(othersMoved)/float64(max(others, 1)))
	}
	fmt.Fprintf(t.Output(), "%-18s %d | %4.1f %% %4.1f %% %4.1f %%, %5.1f %% | %.3f %.3f | %.2f %% %.2f %% | %.2f %%\n", fmt.Sprint(weights), joining,
		100*quantile(off, 0.5), 100*quantile(off, 0.95), 100*slices.Max(off), 100*float64(within)/float64(*figureSets),
		quantile(joins, 0.5), quantile(joins, 0.95), 100*quantile(leaves, 0.5), 100*quantile(leaves, 0.95), 100*float64(backed)/float64(max(lost, 1)))
	if part := float64(within) / float64(*figureSets); slices.Equal(weights, goalWeights) && *figureSets >= goalSets && part < goalShareSets {
		t.Errorf("weights %v: in %.1f %% of the sets of names all shares are within %.0f %% of the weights, goal %.0f %%", weights, 100*part, 100*goalShareOff, 100*goalShareSets)
	}
	if backed != lost {
		t.Errorf("weights %v: the backup of %d of %d lost primaries is not the ring's new owner", weights, lost-backed, lost)
	}
}
