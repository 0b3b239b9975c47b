package placement

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// fataler is a testing.T or a rapid.T.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

// balanced is a whole cluster of members with replicas copies.
func balanced(t fataler, members []Member, partitions, replicas int) BalanceInput {
	t.Helper()
	ring, err := NewRing(members, partitions)
	if err != nil {
		t.Fatal(err)
	}
	target := ring.Target(replicas + 1)
	in := BalanceInput{Target: target, Live: map[string]Incarnation{}, Weights: map[string]int{}, Requests: map[string]float64{}, Hot: map[PartitionID]float64{}}
	var nodes []Node
	for i, m := range members {
		in.Live[m.Name], in.Weights[m.Name] = Incarnation(i+1), m.Weight
		nodes = append(nodes, Node{Incarnation: Incarnation(i + 1), Name: m.Name, Addr: "a:1"})
	}
	rows := make([][]string, len(target))
	for p, row := range target {
		rows[p] = row[:min(replicas, len(row))]
	}
	view, err := NewView("test", NewMasterID(1, 1), replicas, nodes, rows)
	if err != nil {
		t.Fatal(err)
	}
	in.View = view
	return in
}

// measure fills in what the workers would report of rates per partition: the
// known hottest of each.
func (in *BalanceInput) measure(rates []float64, known int) {
	in.Hot, in.Requests = map[PartitionID]float64{}, map[string]float64{}
	byNode := map[string][]int{}
	for p := range rates {
		node, _ := in.View.Owner(PartitionID(p))
		byNode[node.Name] = append(byNode[node.Name], p)
		in.Requests[node.Name] += rates[p]
	}
	for _, parts := range byNode {
		slices.SortStableFunc(parts, func(a, b int) int { return int(math.Copysign(1, rates[b]-rates[a])) })
		for _, p := range parts[:min(known, len(parts))] {
			in.Hot[PartitionID(p)] = rates[p]
		}
	}
}

// enforce makes leads so, in the view too.
func (in *BalanceInput) enforce(leads []Lead) {
	in.Leads, in.View = leads, in.View.Clone()
	for p, row := range WithLeads(in.Target, leads, in.View.Replicas) {
		if inc := in.Live[row[0]]; in.View.Partitions[p].isInSync(inc) {
			in.View.Partitions[p].Primary = inc
		}
	}
}

// worst returns the busiest worker's requests, times its weight's part.
func (in *BalanceInput) worst(rates []float64) float64 {
	load, total, weights, worst := map[string]float64{}, 0.0, 0, 0.0
	for p, rate := range rates {
		node, _ := in.View.Owner(PartitionID(p))
		load[node.Name] += rate
		total += rate
	}
	for _, w := range in.Weights {
		weights += w
	}
	for name, w := range in.Weights {
		worst = max(worst, load[name]*float64(weights)/float64(w)/total)
	}
	return worst
}

// least returns what the busiest worker can be brought to by the swaps that are left,
// or what is aimed at, if that is more.
func (in *BalanceInput) least() float64 {
	b := newBalancer(*in)
	aim, _ := b.aim()
	for b.swap(0) {
	}
	_, ratio := b.busiest()
	return max(aim, ratio)
}

// Whatever the load: leads name in-sync holders that the ring wants, in order;
// nothing is made worse; below SwapAbove nothing is swapped; nobody stays above it of
// whom swaps could take a good part; and once in force they stay.
func TestBalanceKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := genMembers(t, 6)
		replicas := rapid.IntRange(1, 3).Draw(t, "replicas")
		in := balanced(t, members, genPartitions(t, 6), replicas)
		skew := rapid.Float64Range(0, 4).Draw(t, "skew")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		rates := make([]float64, len(in.View.Partitions))
		for p := range rates {
			rates[p] = math.Exp(skew * random.NormFloat64())
		}
		for p := range in.View.Partitions { // some backups are missing
			conf := &in.View.Partitions[p]
			if random.IntN(8) == 0 {
				conf.InSync = []Incarnation{conf.Primary}
			}
		}
		in.measure(rates, len(rates))
		before := in.worst(rates)
		out := Balance(in)
		again := Balance(in)
		if !slices.Equal(out.Leads, again.Leads) || out.Before != again.Before || out.After != again.After {
			t.Fatalf("%v, then %v", out, again)
		}
		if math.Abs(out.Before-before) > 1e-6*before {
			t.Fatalf("busiest: %v, is %v", out.Before, before)
		}
		if before <= SwapAbove && len(out.Leads) > 0 {
			t.Fatalf("%d swaps at %v", len(out.Leads), before)
		}
		for i, l := range out.Leads {
			row := in.Target[l.Partition]
			if at := slices.Index(row[:min(replicas, len(row))], l.Name); at < 1 {
				t.Fatalf("lead %v of row %v", l, row)
			}
			if !in.View.Partitions[l.Partition].isInSync(in.Live[l.Name]) {
				t.Fatalf("lead %v is not in sync", l)
			}
			if i > 0 && out.Leads[i-1].Partition >= l.Partition {
				t.Fatalf("leads out of order: %v", out.Leads)
			}
		}
		in.enforce(out.Leads)
		after := in.worst(rates)
		if after > max(SwapAbove, in.least()*worth)*(1+1e-6) {
			t.Fatalf("from %v to %v, and %v can be reached", before, after, in.least())
		}
		if after > max(before, SwapBelow)*(1+1e-6) || math.Abs(after-out.After) > 1e-6*after {
			t.Fatalf("from %v to %v, expected %v", before, after, out.After)
		}
		in.measure(rates, len(rates))
		if next := Balance(in); !slices.Equal(next.Leads, out.Leads) {
			t.Fatalf("at %v: leads %v, once in force %v", after, out.Leads, next.Leads)
		}
	})
}

func TestBalancePrimaries(t *testing.T) {
	members := []Member{{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}}
	fresh := func() (BalanceInput, []float64) {
		in := balanced(t, members, 64, 2)
		rates := make([]float64, 64)
		for p := range rates {
			rates[p] = 1
		}
		return in, rates
	}
	ofA := func(in BalanceInput) (parts []int) {
		for p, row := range in.Target {
			if row[0] == "a" {
				parts = append(parts, p)
			}
		}
		return parts
	}

	t.Run("leads go when the ring's own primaries do as well", func(t *testing.T) {
		in, rates := fresh()
		for _, p := range ofA(in)[:6] {
			rates[p] = 10
		}
		in.measure(rates, 64)
		out := Balance(in)
		if out.Busiest != "a" || out.Before <= SwapAbove || out.After > SwapBelow || len(out.Leads) == 0 || out.Single {
			t.Fatalf("%+v", out)
		}
		in.enforce(out.Leads)
		for p := range rates {
			rates[p] = 1
		}
		in.measure(rates, 64)
		if out = Balance(in); len(out.Leads) != 0 {
			t.Errorf("the load is even again: %+v", out)
		}
	})
	// One partition has more than SwapBelow: its worker is brought down to little
	// more than that; and not swapped again and again when rates vary a little.
	for _, times := range []float64{1.3, 1.4, 1.5} {
		t.Run(fmt.Sprintf("one partition has %.1f times the mean, and its worker more", times), func(t *testing.T) {
			in := balanced(t, members, 1024, 2)
			rates := make([]float64, 1024)
			parts := ofA(in)
			const others = 2.4 / 3 / 256 // the mean is 1, and a has 1.6, or 1.7
			load := max(1.6, times+0.2)
			for p := range rates {
				rates[p] = others
			}
			for _, p := range parts {
				rates[p] = (load - times) / float64(len(parts)-1)
			}
			rates[parts[3]] = times
			total := 0.0
			for _, rate := range rates {
				total += rate
			}
			mean := total / 4
			in.measure(rates, 16)
			out := Balance(in)
			if out.Busiest != "a" || out.Before <= SwapAbove || !out.Single || int(out.Cause) != parts[3] || math.Abs(out.Alone-times/mean) > 1e-9 {
				t.Fatalf("%+v", out)
			}
			if out.After > times/mean*alone {
				t.Errorf("from %.3f to %.3f times the mean by %d swaps, and %.3f can be reached", out.Before, out.After, len(out.Leads), times/mean*alone)
			}
			in.enforce(out.Leads)
			random := rand.New(rand.NewPCG(1, 6))
			for range 100 {
				varied := slices.Clone(rates)
				for p := range varied {
					varied[p] *= 0.98 + 0.04*random.Float64()
				}
				in.measure(varied, 16)
				if next := Balance(in); !slices.Equal(next.Leads, out.Leads) {
					t.Fatalf("%d leads, and %d when rates vary by 2 %%: from %.3f to %.3f", len(out.Leads), len(next.Leads), next.Before, next.After)
				}
			}
		})
	}
	t.Run("one partition", func(t *testing.T) {
		in, rates := fresh()
		hot := ofA(in)[3]
		rates[hot] = 200
		in.measure(rates, 64)
		out := Balance(in)
		if !out.Single || int(out.Cause) != hot {
			t.Fatalf("partition %d alone is the cause: %+v", hot, out)
		}
		in.enforce(out.Leads)
		in.measure(rates, 64)
		if next := Balance(in); !slices.Equal(next.Leads, out.Leads) {
			t.Errorf("it is not left alone: %v, then %v", out.Leads, next.Leads)
		}
	})
	t.Run("leads that mean nothing any more", func(t *testing.T) {
		in, rates := fresh()
		in.measure(rates, 64)
		p := ofA(in)[0]
		stranger := slices.IndexFunc(members, func(m Member) bool { return !slices.Contains(in.Target[p][:2], m.Name) })
		in.Leads = []Lead{{PartitionID(p), members[stranger].Name}, {PartitionID(ofA(in)[1]), "gone"}, {63, in.Target[63][0]}, {9999, "a"}}
		if out := Balance(in); len(out.Leads) != 0 {
			t.Errorf("%v", out.Leads)
		}
	})
	t.Run("no requests", func(t *testing.T) {
		in, _ := fresh()
		in.enforce([]Lead{{5, in.Target[5][1]}})
		if out := Balance(in); len(out.Leads) != 1 || out.Busiest != "" {
			t.Errorf("without figures leads are kept: %+v", out)
		}
	})
	t.Run("weights", func(t *testing.T) {
		in := balanced(t, []Member{{"a", 1}, {"b", 1}, {"c", 6}}, 64, 2)
		rates := make([]float64, 64)
		for p, row := range in.Target {
			rates[p] = map[string]float64{"a": 1. / 8, "b": 1. / 8, "c": 6. / 8}[row[0]]
		}
		in.measure(rates, 64)
		if out := Balance(in); out.Before > SwapAbove || len(out.Leads) > 0 {
			t.Errorf("who has much weight has much to do: %+v", out)
		}
	})
}

func TestWithLeads(t *testing.T) {
	target := [][]string{{"a", "b", "c"}, {"b", "a", "c"}, {}, {"c"}}
	got := WithLeads(target, []Lead{{0, "b"}, {1, "c"}, {2, "a"}, {3, "a"}, {4, "a"}}, 2)
	want := [][]string{{"b", "a", "c"}, {"b", "a", "c"}, {}, {"c"}}
	if !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("%v, want %v", got, want)
	}
	if target[0][0] != "a" {
		t.Error("the target has been changed")
	}
}

// reported is how many of its partitions a worker names, as wire.MaxHotPartitions has it.
const reported = 256

// The goal: YCSB's zipfian over 4 workers with 2 copies, of which each tells as
// many hot partitions; the busiest has at most 1.5 times the mean, unless one
// partition is the cause. With -figures N of so many sets of members and keys, at most 100.
func TestFiguresBalance(t *testing.T) {
	sets := min(max(*figureSets, 4), 100)
	fmt.Fprintf(t.Output(), "zipfian, theta 0.99, 100,000 keys, 4 workers, 2 copies, 1024 partitions; %d sets a line\n", sets)
	fmt.Fprintln(t.Output(), "ranks | busiest/mean median p95 worst | after balancing   | over 1.5: before after | swaps, where any: median most")
	for _, ranks := range []string{"YCSB's 10^10, scrambled", "one for each key"} {
		var before, after, swaps []float64
		overBefore, overAfter := 0, 0
		for set := range sets {
			random := rand.New(rand.NewPCG(uint64(set), 99))
			members := make([]Member, 4)
			for i := range members {
				members[i] = Member{fmt.Sprintf("node-%x", random.Uint64()), 1}
			}
			in := balanced(t, members, figurePartitions, 2)
			rates := zipfianRates(set, figurePartitions, ranks == "one for each key")
			in.measure(rates, reported)
			was := in.worst(rates)
			out := Balance(in)
			in.enforce(out.Leads)
			is := in.worst(rates)
			before, after = append(before, was), append(after, is)
			if len(out.Leads) > 0 {
				swaps = append(swaps, float64(len(out.Leads)))
			}
			if was > SwapAbove {
				overBefore++
			}
			if is > SwapAbove {
				overAfter++
				in.measure(rates, reported)
				if least := in.least(); !out.Single || is > least*worth {
					t.Errorf("set %d: from %.3f to %.3f times the mean by %d swaps, and %.3f can be reached", set, was, is, len(out.Leads), least)
				}
			}
		}
		median, most := 0.0, 0.0
		if len(swaps) > 0 {
			median, most = quantile(swaps, 0.5), slices.Max(swaps)
		}
		fmt.Fprintf(t.Output(), "%s | %.2f %.2f %.2f | %.2f %.2f %.2f | %d %d | %.0f %.0f\n", ranks, quantile(before, 0.5), quantile(before, 0.95), slices.Max(before),
			quantile(after, 0.5), quantile(after, 0.95), slices.Max(after), overBefore, overAfter, median, most)
	}
}

// zipfianRates returns what part of the requests each partition has. Either
// there is a rank for each of 100,000 keys, or there are 10^10, which YCSB
// scrambles over the keys by their hash: then the most popular million are
// counted singly, and the rest as even.
func zipfianRates(set, partitions int, rankPerKey bool) []float64 {
	const keys, theta = 100_000, 0.99
	where := make([]PartitionID, keys)
	for k := range where {
		where[k] = PartitionOf(fmt.Appendf(nil, "%d/user%d", set, k), partitions)
	}
	ranks, zeta := 1_000_000, 26.46902820178302
	if rankPerKey {
		ranks, zeta = keys, 0
		for rank := range ranks {
			zeta += 1 / math.Pow(float64(rank+1), theta)
		}
	}
	rates, left := make([]float64, partitions), 1.0
	for rank := range ranks {
		rate, key := 1/math.Pow(float64(rank+1), theta)/zeta, uint64(rank)
		if !rankPerKey {
			key = scrambled(key) % keys
		}
		rates[where[key]] += rate
		left -= rate
	}
	for _, p := range where {
		rates[p] += left / keys
	}
	return rates
}

// scrambled is YCSB's hash of a rank.
func scrambled(rank uint64) uint64 {
	hash := uint64(0xCBF29CE484222325)
	for range 8 {
		hash = (hash ^ rank&0xff) * 0x100000001B3
		rank >>= 8
	}
	return uint64(max(int64(hash), -int64(hash)))
}
