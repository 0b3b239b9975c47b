package placement

import (
	"cmp"
	"maps"
	"slices"
)

// When primaries are swapped. Both are requests of one worker, times what its
// weight would have of all.
const (
	// SwapAbove is what is too much.
	SwapAbove = 1.5
	// SwapBelow is what is brought about then. Between the two nothing is
	// done, so that rates may vary by a fifth without a swap back.
	SwapBelow = 1.25
	// alone is how much may come on top of the hottest partition where that
	// alone is more than SwapBelow.
	alone = 1.05
	// worth is what swaps have to divide the busiest worker's requests by, at
	// least. Where SwapBelow cannot be reached what can lies close below SwapAbove,
	// or above it, and a little more or less of the load would swap again.
	worth = 1.05
)

// BalanceInput is all that Balance depends on. It changes none of it.
type BalanceInput struct {
	// View is the one in force, whole: primaries are where the target and the
	// leads want them.
	View *View
	// Target is Ring.Target, without leads.
	Target [][]string
	// Leads are those in force.
	Leads []Lead
	// Live are the live workers by name. Who is not in sync in the View gets
	// no primary.
	Live map[string]Incarnation
	// Weights are the ring members'. Others are left alone.
	Weights map[string]int
	// Requests are the clients' requests a second at each worker, Hot those of
	// single partitions, as far as they are known; the rest of a worker's are
	// taken to be evenly spread over its other partitions. They are means over
	// a time long beside a burst: that the load stays is the caller's to see.
	Requests map[string]float64
	Hot      map[PartitionID]float64
}

// Balanced is what Balance says.
type Balanced struct {
	// Leads are those to be in force, sorted by partition.
	Leads []Lead
	// Busiest is the worker with the most requests for its weight, Before and
	// After how many that are now and are expected with Leads, times its
	// weight's part of all. "" without requests.
	Busiest       string
	Before, After float64
	// Single says that partition Cause alone makes more than SwapBelow of any of
	// its holders: swaps take everything else away from there, and move itself only
	// about. Alone is what it makes, times the part of the strongest of them.
	Single bool
	Cause  PartitionID
	Alone  float64
}

// Balance chooses which partitions' primaries to hand to an in-sync backup, so
// that no worker has far more requests than its weight's part. No bytes move.
//
// While no worker is above SwapAbove it swaps nothing. It then goes on from the
// leads there are until all are below SwapBelow, or as low as the hottest
// partition lets them be, or no swap helps: each time it takes from the busiest
// worker the partition, and for it the backup, that leave the busier of the two
// least busy. Swaps that gain little all together are not made. Leads that mean
// nothing any more go, and so do those without which the ring's own primary stays
// below SwapBelow.
// It is a pure function, and with its leads in force it chooses the same.
func Balance(in BalanceInput) Balanced {
	b := newBalancer(in)
	if b.total <= 0 {
		return Balanced{Leads: b.leads()}
	}
	var out Balanced
	out.Busiest, out.Before = b.busiest()
	aim, cause := b.aim()
	if aim > SwapBelow {
		out.Single, out.Cause, out.Alone = true, cause, aim/alone
	}
	if out.Before > SwapAbove {
		at, load := slices.Clone(b.at), maps.Clone(b.load)
		for b.swap(aim) {
		}
		if _, after := b.busiest(); out.Before < after*worth {
			b.at, b.load = at, load
		}
	}
	b.dropNeedless()
	out.Leads = b.leads()
	_, out.After = b.busiest()
	return out
}

// balancer is one call of Balance.
type balancer struct {
	in    BalanceInput
	rates []float64          // requests/s, per partition
	at    []string           // per partition who is to be primary; "" for one that is left alone
	ring  []string           // per partition who would be without a lead
	part  map[string]float64 // requests/s that a worker's weight entitles it to
	load  map[string]float64 // requests/s by at
	names []string           // the workers, sorted
	total float64
}

func newBalancer(in BalanceInput) *balancer {
	n := min(len(in.View.Partitions), len(in.Target))
	b := &balancer{
		in: in, rates: make([]float64, n), at: make([]string, n), ring: make([]string, n),
		part: make(map[string]float64), load: make(map[string]float64),
		names: slices.Sorted(maps.Keys(in.Weights)),
	}
	led := make(map[PartitionID]string, len(in.Leads))
	for _, l := range in.Leads {
		led[l.Partition] = l.Name
	}
	b.spreadRates()
	for p := range n {
		if len(b.holders(p)) == 0 {
			continue
		}
		primary := b.nameOf(in.View.Partitions[p].Primary)
		b.at[p], b.ring[p] = primary, in.Target[p][0]
		if name := led[PartitionID(p)]; name != "" && name != b.ring[p] && slices.Contains(b.holders(p), name) {
			b.at[p] = name
		} else if slices.Contains(b.holders(p), b.ring[p]) {
			b.at[p] = b.ring[p]
		}
		if in.Weights[b.at[p]] < 1 {
			b.at[p] = ""
			continue
		}
		b.load[b.at[p]] += b.rates[p]
		b.total += b.rates[p]
	}
	weights := 0
	for _, name := range b.names {
		weights += max(in.Weights[name], 1)
	}
	for _, name := range b.names {
		b.part[name] = b.total * float64(max(in.Weights[name], 1)) / float64(weights)
	}
	return b
}

// spreadRates estimates the requests of each partition.
func (b *balancer) spreadRates() {
	rest, others := maps.Clone(b.in.Requests), make(map[string]int)
	for p := range b.rates {
		name := b.nameOf(b.in.View.Partitions[p].Primary)
		if rate, known := b.in.Hot[PartitionID(p)]; known && name != "" {
			b.rates[p] = max(rate, 0)
			rest[name] -= b.rates[p]
		} else {
			others[name]++
		}
	}
	for p := range b.rates {
		name := b.nameOf(b.in.View.Partitions[p].Primary)
		if _, known := b.in.Hot[PartitionID(p)]; !known && name != "" {
			b.rates[p] = max(rest[name], 0) / float64(others[name])
		}
	}
}

// nameOf returns the live worker of an incarnation, "" for none.
func (b *balancer) nameOf(inc Incarnation) string {
	if node, ok := b.in.View.Node(inc); ok && b.in.Live[node.Name] == inc {
		return node.Name
	}
	return ""
}

// holders returns who may be primary of p: in sync, on the ring and wanted
// there, in the ring's order.
func (b *balancer) holders(p int) []string {
	row := b.in.Target[p]
	var names []string
	for _, name := range row[:min(b.in.View.Replicas, len(row))] {
		inc := b.in.Live[name]
		if inc != 0 && b.in.Weights[name] > 0 && b.in.View.Partitions[p].isInSync(inc) {
			names = append(names, name)
		}
	}
	return names
}

// busiest returns the worker with the most requests for its weight.
func (b *balancer) busiest() (name string, ratio float64) {
	for _, n := range b.names {
		if r := b.load[n] / b.part[n]; name == "" || r > ratio {
			name, ratio = n, r
		}
	}
	return name, ratio
}

// aim returns what the busiest worker can be brought to, SwapBelow or what the
// partition that has most requests makes of the strongest of its holders.
func (b *balancer) aim() (aim float64, cause PartitionID) {
	aim = SwapBelow
	for p, at := range b.at {
		if at == "" || b.rates[p] <= SwapBelow/alone*b.part[at] && aim == SwapBelow {
			continue
		}
		part := 0.0
		for _, name := range b.holders(p) {
			part = max(part, b.part[name])
		}
		if least := b.rates[p] / part * alone; least > aim {
			aim, cause = least, PartitionID(p)
		}
	}
	return aim, cause
}

// swap gives away one partition of the busiest worker, and reports false when
// that is below aim or nothing helps.
func (b *balancer) swap(aim float64) bool {
	from, ratio := b.busiest()
	if ratio <= aim {
		return false
	}
	best, bestP, bestTo := ratio, -1, ""
	for p, at := range b.at {
		if at != from || b.rates[p] <= 0 {
			continue
		}
		for _, to := range b.holders(p) {
			if to == from {
				continue
			}
			after := max((b.load[from]-b.rates[p])/b.part[from], (b.load[to]+b.rates[p])/b.part[to])
			if after < best*(1-1e-9) {
				best, bestP, bestTo = after, p, to
			}
		}
	}
	if bestP < 0 {
		return false
	}
	b.hand(bestP, bestTo)
	return true
}

// hand makes to the primary of p.
func (b *balancer) hand(p int, to string) {
	b.load[b.at[p]] -= b.rates[p]
	b.load[to] += b.rates[p]
	b.at[p] = to
}

// dropNeedless gives partitions back to the ring's primaries where those stay
// below SwapBelow, the least busy partitions first: most leads go then.
func (b *balancer) dropNeedless() {
	var led []int
	for p, at := range b.at {
		if at != "" && at != b.ring[p] && slices.Contains(b.holders(p), b.ring[p]) {
			led = append(led, p)
		}
	}
	slices.SortStableFunc(led, func(x, y int) int { return cmp.Compare(b.rates[x], b.rates[y]) })
	for _, p := range led {
		if (b.load[b.ring[p]]+b.rates[p])/b.part[b.ring[p]] <= SwapBelow {
			b.hand(p, b.ring[p])
		}
	}
}

// leads returns where at is not the ring's primary.
func (b *balancer) leads() []Lead {
	var leads []Lead
	for p, at := range b.at {
		if at != "" && at != b.ring[p] && slices.Contains(b.holders(p), at) {
			leads = append(leads, Lead{PartitionID(p), at})
		}
	}
	return leads
}
