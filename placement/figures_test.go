package placement

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

var figureSets = flag.Int("figures", 0, "measure the ring over this many random member sets for each number of members")

// The goals for a ring of equal members.
const (
	figurePartitions = 1024
	goalJoinMedian   = 1.05  // partitions moved by a join, times the ideal 1/(n+1)
	goalJoinP95      = 1.25  // the same
	goalLoad         = 1.25  // partitions of a member, times the mean, rounded up
	goalLeaveP95     = 0.015 // of the others' partitions, moved when one leaves
	goalSets         = 100   // from so many sets a line the quantiles are judged
)

// ringFigure is what one random set of members shows.
type ringFigure struct {
	join   float64 // partitions that a join moves / the ideal
	most   int     // partitions of the member that has most
	leave  float64 // share of the others' partitions that a leave moves
	lost   int     // partitions of the member that left
	backed int     // of these, whose first backup is the ring's new owner
}

// TestFigures measures what a join and a leave move and how even the shares
// are. It runs only with -figures, for it takes minutes with 1000 sets:
//
//	go test ./placement -run TestFigures -v -figures 1000
func TestFigures(t *testing.T) {
	if *figureSets < 1 {
		t.Skip("a measurement, not a test: run it with -figures N, N random member sets")
	}
	began := time.Now()
	fmt.Fprintf(t.Output(), "ring of %d partitions, %d points a member, load factor %.2f; %d random member sets a line\n",
		figurePartitions, pointsPerWeight, loadFactor, *figureSets)
	fmt.Fprintln(t.Output(), "members | join/ideal median p95 | max/mean median max | others moved by a leave p95 | backup = new owner")
	var all []ringFigure
	for n := 2; n <= 16; n++ {
		figures := measureRings(t, n, *figureSets)
		printFigures(t, n, figures)
		all = append(all, figures...)
	}
	printFigures(t, 0, all)
	fmt.Fprintf(t.Output(), "measured in %v\n", time.Since(began).Round(time.Second))
}

// measureRings measures sets random member sets of n members, on all cores.
func measureRings(t *testing.T, n, sets int) []ringFigure {
	figures := make([]ringFigure, sets)
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for s := w; s < sets; s += workers {
				figures[s] = measureRing(t, n, rand.New(rand.NewPCG(uint64(n), uint64(s))))
			}
		})
	}
	wg.Wait()
	return figures
}

func measureRing(t *testing.T, n int, random *rand.Rand) ringFigure {
	members := make([]Member, n+1)
	for i := range members {
		members[i] = Member{Name: fmt.Sprintf("node-%x", random.Uint64()), Weight: 1}
	}
	ring := func(members []Member) *Ring {
		r, err := NewRing(members, figurePartitions)
		if err != nil {
			t.Error(err)
			runtime.Goexit()
		}
		return r
	}
	now, joined := ring(members[:n]), ring(members)
	gone := members[random.IntN(n)].Name
	left := ring(membersWithout(members[:n], gone))

	var f ringFigure
	owned := make(map[string]int)
	moved, others, othersMoved := 0, 0, 0
	for i := range figurePartitions {
		p := PartitionID(i)
		owner := now.Owner(p)
		owned[owner]++
		f.most = max(f.most, owned[owner])
		if joined.Owner(p) != owner {
			moved++
		}
		if owner == gone {
			f.lost++
			if now.Backups(p, 1)[0] == left.Owner(p) {
				f.backed++
			}
			continue
		}
		others++
		if left.Owner(p) != owner {
			othersMoved++
		}
	}
	f.join = float64(moved) / figurePartitions * float64(n+1)
	f.leave = float64(othersMoved) / float64(max(others, 1))
	return f
}

// printFigures prints a line about figures of rings with n members (0: of any
// number) and fails t for each goal that they miss.
func printFigures(t *testing.T, n int, figures []ringFigure) {
	var joins, leaves []float64
	var most []int
	lost, backed := 0, 0
	for _, f := range figures {
		joins = append(joins, f.join)
		leaves = append(leaves, f.leave)
		most = append(most, f.most)
		lost += f.lost
		backed += f.backed
	}
	title, load := "all", ""
	if n > 0 {
		mean := figurePartitions / float64(n)
		title = fmt.Sprint(n)
		load = fmt.Sprintf("%.3f   %.3f", float64(quantile(most, 0.5))/mean, float64(quantile(most, 1))/mean)
		if limit := int(math.Ceil(goalLoad * mean)); slices.Max(most) > limit {
			t.Errorf("%d members: one has %d partitions, more than %d", n, slices.Max(most), limit)
		}
	}
	median, p95, leave := quantile(joins, 0.5), quantile(joins, 0.95), quantile(leaves, 0.95)
	fmt.Fprintf(t.Output(), "%7s |   %.3f   %.3f       | %-13s       | %5.2f %%                      | %.2f %%\n",
		title, median, p95, load, 100*leave, 100*float64(backed)/float64(lost))
	judged := len(figures) >= goalSets
	if judged && (median > goalJoinMedian || p95 > goalJoinP95) {
		t.Errorf("%s members: a join moves %.3f (median) and %.3f (p95) times the ideal, more than %.2f and %.2f",
			title, median, p95, goalJoinMedian, goalJoinP95)
	}
	if judged && leave > goalLeaveP95 {
		t.Errorf("%s members: a leave moves %.4f of the others' partitions (p95), more than %.4f", title, leave, goalLeaveP95)
	}
	if backed != lost {
		t.Errorf("%s members: the backup of %d of %d lost primaries is not the ring's new owner", title, lost-backed, lost)
	}
}

// quantile returns the least value that at least the share q of values does
// not exceed.
func quantile[T int | float64](values []T, q float64) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(int(math.Ceil(q*float64(len(sorted))))-1, 0)]
}
