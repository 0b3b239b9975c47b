package master

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pikv/placement"
	"pikv/register"
)

const (
	// balanceEvery is how often the requests are looked at.
	balanceEvery = 2 * time.Second
	// balanceMemory is the time constant of the means that swaps are decided by: a
	// burst is no reason.
	balanceMemory = 20 * time.Second
	// balanceAfter is for how long there must have been a reason; and how long
	// after one swap the next one waits, so that its effect is measured.
	balanceAfter = 30 * time.Second
	// balanceLeast is how many requests a second the busiest worker for its weight must have: of
	// fewer none is in another's way, and rates of few vary.
	balanceLeast = 200
	// balanceIdle is how many one worker, whatever its weight, must have for partitions to stay with backups: a load
	// about balanceLeast does not hand them to and fro.
	balanceIdle = balanceLeast / 2
	// singleAgain is how often it is said that a single partition is too hot.
	singleAgain = 10 * time.Minute
)

// balancer sees to it that no worker has far more requests than its share, by
// handing primaries to backups that are in sync. Of the loop's goroutine.
type balancer struct {
	at    time.Time // when the means were taken last
	since time.Time // since when there has been a reason to swap; zero: there is none

	workers    map[string]float64 // requests/s by worker, mean
	partitions map[placement.PartitionID]float64

	events *events
	said   map[placement.PartitionID]time.Time // when it was said that a partition alone is the cause

	target atomic.Pointer[[][]string] // of the ring, for others; must not be changed
}

func newBalancer(events *events) *balancer {
	return &balancer{
		workers: make(map[string]float64), partitions: make(map[placement.PartitionID]float64),
		events: events, said: make(map[placement.PartitionID]time.Time),
	}
}

// observe takes the means on to now: requests/s of the workers, and of the
// partitions that they have named.
func (b *balancer) observe(now time.Time, workers map[string]float64, hot map[placement.PartitionID]float64) {
	weight := 1.0
	if !b.at.IsZero() {
		weight = 1 - math.Exp(-now.Sub(b.at).Seconds()/balanceMemory.Seconds())
	}
	b.at = now
	follow(b.workers, workers, weight)
	follow(b.partitions, hot, weight)
}

// follow takes means on by a new value, 0 where there is none.
func follow[K comparable](means, values map[K]float64, weight float64) {
	for k, m := range means {
		if m += weight * (values[k] - m); m < 1e-3 {
			delete(means, k)
		} else {
			means[k] = m
		}
	}
	for k, v := range values {
		if _, known := means[k]; !known && v > 0 {
			means[k] = weight * v
		}
	}
}

// reset forgets that there was a reason: things have moved.
func (b *balancer) reset() { b.since = time.Time{} }

// inEffect counts the partitions of v that a backup leads because of leads. Safe for
// concurrent use.
func (b *balancer) inEffect(v *placement.View, leads []placement.Lead) (count int) {
	target := b.target.Load()
	if target == nil || len(*target) != len(v.Partitions) {
		return 0
	}
	for _, l := range placement.Meant(*target, leads, v.Replicas) {
		if owner, _ := v.Owner(l.Partition); owner.Name == l.Name {
			count++
		}
	}
	return count
}

// choose returns the leads that are to be in force, and what is to be said of
// them, "" for nothing. Those that mean nothing go at once, since nobody notices.
func (b *balancer) choose(now time.Time, in placement.BalanceInput) ([]placement.Lead, string) {
	in.Requests, in.Hot = b.workers, b.partitions
	out := placement.Balance(in)
	if in.View.Replicas > 1 {
		b.single(now, in.View, out)
	}
	meant, most := placement.Meant(in.Target, in.Leads, in.View.Replicas), 0.0
	for _, requests := range b.workers { // the busiest for its weight may be a light one with few
		most = max(most, requests)
	}
	switch {
	case len(meant) < len(in.Leads):
		return meant, ""
	case most < balanceIdle:
		out.Leads = nil
	case b.workers[out.Busiest] < balanceLeast:
		out.Leads = in.Leads
	}
	if slices.Equal(out.Leads, in.Leads) {
		b.reset()
		return in.Leads, ""
	}
	if b.since.IsZero() {
		b.since = now
	}
	if now.Sub(b.since) < balanceAfter {
		return in.Leads, ""
	}
	b.reset()
	changed := len(changedLeads(in.Leads, out.Leads))
	if most < balanceIdle {
		return nil, fmt.Sprintf("%d partitions go back to the primaries that the ring wants: the busiest worker has %.0f requests a second", changed, most)
	}
	if out.Before <= placement.SwapAbove || out.After >= out.Before {
		return out.Leads, fmt.Sprintf("%d partitions go back to the primaries that the ring wants: these stay below %.2f times the requests of their share", changed, placement.SwapBelow)
	}
	return out.Leads, fmt.Sprintf("%s has %.2f times the requests of its share: %d partitions change their primary among their copies, and no byte moves; %.2f is expected",
		out.Busiest, out.Before, changed, out.After)
}

// single says, once in a long while for each, that one partition alone has more
// requests than a worker ought to have: swaps can only free its worker of the others.
func (b *balancer) single(now time.Time, v *placement.View, out placement.Balanced) {
	if !out.Single || b.workers[out.Busiest] < balanceLeast {
		return
	}
	if said, known := b.said[out.Cause]; known && now.Sub(said) < singleAgain {
		return
	}
	b.said[out.Cause] = now
	owner, _ := v.Owner(out.Cause)
	b.events.note(eventBalance, owner.Name, "partition %d alone has %.2f times the requests of its worker's share, %.0f/s: swaps of primaries bring no worker that has it below that; pikv top names hot keys",
		out.Cause, out.Alone, b.partitions[out.Cause])
}

// changedLeads returns the partitions whose lead is another one in b than in a.
func changedLeads(a, b []placement.Lead) []placement.PartitionID {
	names := make(map[placement.PartitionID]string, len(a))
	for _, l := range a {
		names[l.Partition] = l.Name
	}
	var changed []placement.PartitionID
	for _, l := range b {
		if names[l.Partition] != l.Name {
			changed = append(changed, l.Partition)
		}
		delete(names, l.Partition)
	}
	for p := range names {
		changed = append(changed, p)
	}
	return changed
}

// balance looks at the requests now and then, and swaps primaries when it has to.
func (r *reconciler) balance(ctx context.Context, s scene, state *register.State, whole bool) {
	b, target := r.balancer, r.planner.target
	b.target.Store(&target)
	if s.now.Sub(b.at) < balanceEvery {
		return
	}
	v := state.View
	workers, hot, all := requestsOf(v, s)
	if !all { // who is silent is not idle
		b.at = s.now
		b.reset()
		return
	}
	b.observe(s.now, workers, hot)
	if !whole || len(r.planner.target) != len(v.Partitions) {
		b.reset()
		return
	}
	in := placement.BalanceInput{
		View: v, Target: r.planner.target, Leads: state.Orders.Leads, Live: liveNodes(v, s.live), Weights: make(map[string]int),
	}
	for _, m := range r.planner.ringOf {
		in.Weights[m.Name] = m.Weight
	}
	leads, what := b.choose(s.now, in)
	if slices.Equal(leads, in.Leads) {
		return
	}
	err := r.update(ctx, s, func(base *register.State) (*register.State, error) { return register.SetLeads(base, leads), nil })
	switch {
	case err == nil && what != "":
		r.events.note(eventBalance, "", "%s", what)
	case err != nil && ctx.Err() == nil:
		r.log.Error("cannot change who leads partitions", zap.Error(err))
	}
}

// requestsOf reads the requests/s off the reports: by worker, and by partition as
// far as its primary names it. all: every active worker that gossip calls alive has
// reported lately.
func requestsOf(v *placement.View, s scene) (workers map[string]float64, hot map[placement.PartitionID]float64, all bool) {
	workers, hot, all = make(map[string]float64), make(map[placement.PartitionID]float64), true
	alive := liveNodes(v, s.live)
	for _, n := range v.Nodes {
		r := s.heard[n.Incarnation]
		if !r.within(freshReport, s.now) {
			all = all && (n.State != placement.NodeActive || alive[n.Name] != n.Incarnation)
			continue
		}
		workers[n.Name] = r.load.Requests()
		for _, p := range r.load.Partitions {
			id := placement.PartitionID(p.P)
			if int(id) < len(v.Partitions) && v.Partitions[id].Primary == n.Incarnation {
				hot[id] = p.Rate
			}
		}
	}
	return workers, hot, all
}
