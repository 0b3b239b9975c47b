package placement

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// genTarget draws a target of names for v, which may name anybody.
func genTarget(t *rapid.T, v *View, most int) [][]string {
	var names []string
	for _, n := range v.Nodes {
		names = append(names, n.Name)
	}
	target := make([][]string, len(v.Partitions))
	for i := range target {
		row := rapid.Permutation(names).Draw(t, "row")
		target[i] = row[:min(len(row), rapid.IntRange(1, most).Draw(t, "row length"))]
	}
	return target
}

func allLive(v *View) map[string]Incarnation {
	live := make(map[string]Incarnation)
	for _, n := range v.Nodes {
		live[n.Name] = n.Incarnation
	}
	return live
}

func never(PartitionID, Incarnation) bool { return false }

// checkPlan fails unless the plan keeps the promises of Plan's comment. It
// returns the plan.
func checkPlan(t *rapid.T, in PlanInput) []Change {
	before := in.View.Clone()
	changes := Plan(in)
	if again := Plan(in); !slices.Equal(again, changes) {
		t.Fatalf("planned again: %v, before %v", again, changes)
	}
	if !equalViews(before, in.View) {
		t.Fatal("Plan changed the view")
	}
	if !slices.IsSortedFunc(changes, func(a, b Change) int { return int(a.Partition) - int(b.Partition) }) {
		t.Fatalf("not sorted by partition: %v", changes)
	}
	next, refused := in.View.Next(changes)
	for i, c := range changes {
		if refused[i] != nil { // also a second step for one partition
			t.Fatalf("the register refuses %+v: %v", c, refused[i])
		}
		if !isLive(in, c.Asker) {
			t.Fatalf("a dead primary is to ask: %+v", c)
		}
		was, is := in.View.Partitions[c.Partition], next.Partitions[c.Partition]
		need := min(in.View.Replicas, placeable(in, c.Partition))
		if c.Kind == Drop && was.isInSync(c.Node) && !isLive(in, c.Node) && len(is.InSync) < in.View.Replicas {
			t.Fatalf("%+v drops a replica on the word of gossip, and leaves %d", c, len(is.InSync))
		}
		if len(is.InSync) < min(len(was.InSync), need) {
			t.Fatalf("%+v leaves %d of %d in sync, the target has %d", c, len(is.InSync), len(was.InSync), need)
		}
		if c.Kind == AddLearner && in.Avoid(c.Partition, c.Node) {
			t.Fatalf("%+v fills a node to be avoided", c)
		}
		if c.Kind == AddLearner && in.Admit != nil && !in.Admit(c.Partition, c.Node) {
			t.Fatalf("%+v fills a node that is not admitted", c)
		}
		if c.Kind == AddLearner && len(was.InSync) > in.View.Replicas {
			t.Fatalf("%+v fills one more, with %d in sync", c, len(was.InSync))
		}
	}
	if next != nil {
		checkMotion(t, in, next)
	}
	return changes
}

// placeable counts the names of p's row that could be given p now.
func placeable(in PlanInput, p PartitionID) int {
	count := 0
	for _, n := range in.View.Nodes {
		if n.State == NodeActive && slices.Contains(in.Target[p], n.Name) && in.Live[n.Name] == n.Incarnation {
			count++
		}
	}
	return count
}

// checkMotion fails when the steps from in.View to next put more partitions
// in motion at a node than is allowed.
func checkMotion(t *rapid.T, in PlanInput, next *View) {
	if in.MaxPerNode < 1 {
		return
	}
	count := func(v *View) map[string]int {
		motion := make(map[string]int)
		for _, p := range v.Partitions {
			if len(p.Learners) == 0 || !isLive(in, p.Primary) {
				continue
			}
			motion[fmt.Sprint("from ", p.Primary)]++
			for _, l := range p.Learners {
				motion[fmt.Sprint("to ", l)]++
			}
		}
		return motion
	}
	was := count(in.View)
	for node, n := range count(next) {
		if n > max(in.MaxPerNode, was[node]) {
			t.Fatalf("%d partitions in motion %s, before %d, allowed %d", n, node, was[node], in.MaxPerNode)
		}
	}
}

// obey lets the register take some of the plan and of the promotions, as the
// primaries ask for them in any order.
func obey(t *rapid.T, in PlanInput, changes []Change) *View {
	asked := append(promotions(in), changes...)
	asked = rapid.Permutation(asked).Draw(t, "asked")
	asked = asked[:rapid.IntRange(min(1, len(asked)), len(asked)).Draw(t, "taken")]
	next, _ := in.View.Next(asked)
	if next == nil {
		return in.View
	}
	if err := next.Validate(); err != nil {
		t.Fatal(err)
	}
	return next
}

// maxRounds is more than any case of the generators takes: a partition needs
// a few steps for each replica, and at least one of all is taken a round.
const maxRounds = 400

// From any valid view, with every worker live, plan after plan leads to the
// target, whichever of the steps are taken first. (Validate, after each step,
// sees to it that no in-sync set is ever empty.)
func TestPlansConverge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := genView(t)
		in := PlanInput{View: v, Live: allLive(v), Avoid: never, MaxPerNode: rapid.IntRange(0, 2).Draw(t, "max")}
		in.Target = genTarget(t, v, 3)
		rounds := 0
		for ; rounds < maxRounds; rounds++ {
			changes := checkPlan(t, in)
			if len(changes)+len(promotions(in)) == 0 {
				break
			}
			in.View = obey(t, in, changes)
		}
		if rounds == maxRounds {
			t.Fatal("the plans do not end")
		}
		for i, p := range in.View.Partitions {
			checkReached(t, in, i, p)
		}
	})
}

// checkReached fails unless partition i is where the target wants it.
func checkReached(t *rapid.T, in PlanInput, i int, p Partition) {
	var wanted []Incarnation
	for _, name := range in.Target[i] {
		n, _ := in.View.Node(in.Live[name])
		if n.State == NodeActive && len(wanted) < in.View.Replicas {
			wanted = append(wanted, n.Incarnation)
		}
	}
	if len(p.Learners) > 0 {
		t.Fatalf("partition %d still has learners: %v", i, p)
	}
	if len(wanted) == 0 {
		return // only draining workers are wanted: it stays where it is
	}
	primary := wanted[0]
	slices.Sort(wanted)
	if p.Primary != primary || !slices.Equal(p.InSync, wanted) {
		t.Fatalf("partition %d is %v, wanted primary %v and in sync %v", i, p, primary, wanted)
	}
}

// With dead workers and pairs to be avoided the plans keep their promises and
// end, and a partition whose primary is dead is left alone.
func TestPlansAmongTheDead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := genView(t)
		in := PlanInput{View: v, Live: allLive(v), MaxPerNode: rapid.IntRange(0, 2).Draw(t, "max")}
		in.Target = genTarget(t, v, 5)
		for _, n := range v.Nodes {
			switch rapid.IntRange(0, 5).Draw(t, "fate") {
			case 0:
				delete(in.Live, n.Name)
			case 1:
				in.Live[n.Name] = n.Incarnation + 100 // restarted, not in the view yet
			}
		}
		some := func(what string) func(p PartitionID, node Incarnation) bool {
			drawn := rapid.SliceOfN(rapid.IntRange(0, 8*len(v.Nodes)), 0, 8).Draw(t, what)
			return func(p PartitionID, node Incarnation) bool {
				at := slices.IndexFunc(v.Nodes, func(n Node) bool { return n.Incarnation == node })
				return slices.Contains(drawn, int(p)*len(v.Nodes)+at)
			}
		}
		in.Avoid = some("avoided")
		refused := some("refused")
		in.Admit = func(p PartitionID, node Incarnation) bool { return !refused(p, node) }
		for round := 0; ; round++ {
			if round == maxRounds {
				t.Fatal("the plans do not end")
			}
			changes := checkPlan(t, in)
			if len(changes)+len(promotions(in)) == 0 {
				break
			}
			in.View = obey(t, in, changes)
		}
		for i, p := range in.View.Partitions {
			if was := v.Partitions[i]; !isLive(in, was.Primary) && !equalPartitions(p, was) {
				t.Fatalf("partition %d of a dead primary went from %v to %v", i, was, p)
			}
		}
	})
}

// A plan of a whole ring: a worker joins a cluster with two replicas.
func TestPlanOfAJoin(t *testing.T) {
	members := equalMembers(4)
	var nodes []Node
	for i, m := range members {
		nodes = append(nodes, Node{Incarnation: Incarnation(i + 1), Name: m.Name, Addr: m.Name + ":7700"})
	}
	before, after := mustRing(t, members[:3], 64), mustRing(t, members, 64)
	v, err := NewView("test", 7, 2, nodes, before.Target(2))
	if err != nil {
		t.Fatal(err)
	}
	in := PlanInput{View: v, Live: allLive(v), Avoid: never, MaxPerNode: 4}
	for _, target := range [][][]string{before.Target(2), after.Target(2)} {
		in.Target = target
		for {
			changes := append(promotions(in), Plan(in)...)
			if len(changes) == 0 {
				break
			}
			in.View, _ = in.View.Next(changes)
		}
		for i, row := range target {
			p := in.View.Partitions[i]
			if owner, _ := in.View.Owner(PartitionID(i)); owner.Name != row[0] || len(p.InSync) != 2 {
				t.Errorf("partition %d is %v, wanted %q", i, p, row)
			}
		}
	}
}

// Who may be given nothing now takes no part of what may be in motion: those that want
// somebody else go on.
func TestARefusedLearnerIsNotInMotion(t *testing.T) {
	var nodes []Node
	for i, name := range []string{"a", "full", "free"} {
		nodes = append(nodes, Node{Incarnation: Incarnation(i + 1), Name: name, Addr: name + ":7700"})
	}
	target := make([][]string, 64)
	for p := range target {
		target[p] = []string{"a"}
	}
	v, err := NewView("test", 7, 2, nodes, target)
	if err != nil {
		t.Fatal(err)
	}
	for p := range target {
		target[p] = []string{"a", []string{"full", "free"}[p/32]}
	}
	in := PlanInput{View: v, Live: allLive(v), Target: target, MaxPerNode: 16}
	in.Admit = func(_ PartitionID, node Incarnation) bool { return node != 2 }
	changes := Plan(in)
	if len(changes) != 16 {
		t.Errorf("%d partitions are filled, 16 may be", len(changes))
	}
	for _, c := range changes {
		if c.Kind != AddLearner || c.Node != 3 {
			t.Errorf("%+v", c)
		}
	}
}

func TestPlanWithoutFit(t *testing.T) {
	v := deltaView(t)
	if got := Plan(PlanInput{View: v, Live: allLive(v)}); len(got) != 0 {
		t.Errorf("no target, but a plan %v", got)
	}
	long := [][]string{{"w1"}, {"w2"}, {"w1"}, {"w1"}}
	if got := Plan(PlanInput{View: v, Live: allLive(v), Target: long}); len(got) != 0 {
		t.Errorf("a target of more partitions makes plan %v", got)
	}
}

func TestFormatPlan(t *testing.T) {
	got := FormatPlan(deltaView(t), []Change{
		{AddLearner, 0, 1, '1', '2'}, {Promote, 1, 2, '2', '1'}, {HandOver, 2, 3, '1', '2'}, {Drop, 300, 1 << 40, '9', 0}, {0, 0, 0, 0, 0},
	})
	const want = `p0 e1 w1: add learner w2
p1 e2 w2: promote w1
p2 e3 w1: hand over to w2
p300 e1099511627776 0000000000000039: drop 0000000000000000
p0 e0 0000000000000000: change 0 0000000000000000
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func BenchmarkPlan(b *testing.B) {
	r := mustRing(b, equalMembers(16), 1024)
	var nodes []Node
	for i, name := range r.Names() {
		nodes = append(nodes, Node{Incarnation: Incarnation(i + 1), Name: name, Addr: "a:1"})
	}
	v, err := NewView("bench", 7, 2, nodes, r.Target(2))
	if err != nil {
		b.Fatal(err)
	}
	in := PlanInput{View: v, Live: allLive(v), Target: r.Target(2), MaxPerNode: 4}
	for b.Loop() {
		Plan(in)
	}
}
