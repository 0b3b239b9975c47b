package master

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/autoscale"
	"pikv/placement"
	"pikv/wire"
)

// warm is heat with so many times the requests.
func (b *bench) warm(name string, workers int, times float64) {
	b.heat(name, workers)
	for _, w := range b.workers {
		w.load.Reads *= times
		for i := range w.load.Partitions {
			w.load.Partitions[i].Rate *= times
		}
	}
}

// swapped returns a bench of two workers in which backups lead partitions.
func swapped(t *testing.T) *bench {
	b := scaling(t, autoscale.Off)
	for range 120 {
		b.heat("w1", 2)
		b.obey(time.Second)
	}
	require.Positive(t, b.front.status().Scaling.Leads)
	return b
}

func (b *bench) leads() (inEffect, ordered int) {
	return b.front.status().Scaling.Leads, len(b.state().Orders.Leads)
}

// A lead counts from when its partition is led so, not from when it is ordered.
func TestLeadsCountWhenTheyAreInEffect(t *testing.T) {
	b := scaling(t, autoscale.Off)
	for range 120 {
		b.heat("w1", 2)
		b.run(time.Second)
	}
	inEffect, ordered := b.leads()
	require.Positive(t, ordered)
	require.Zero(t, inEffect, "no primary has been handed over")
	b.obey(2 * time.Second)
	inEffect, _ = b.leads()
	require.Equal(t, ordered, inEffect)
}

// With one copy there is no backup that could lead.
func TestLeadsGoWithTheSecondCopy(t *testing.T) {
	b := swapped(t)
	_, err := b.front.setReplicas(t.Context(), 1)
	require.NoError(t, err)
	require.Zero(t, b.front.status().Scaling.Leads)
	b.obey(10 * time.Second)
	_, ordered := b.leads()
	require.Zero(t, ordered)
	require.Len(t, b.texts(eventBalance), 1, "nobody notices")
}

// A light worker that is the busiest for its weight has few requests; what backups lead for a heavy one's sake
// stays with them until that one has few as well.
func TestLeadsGoByWhoHasMostRequests(t *testing.T) {
	v := view(t, idA, 1, conf(1, incs{2, 1}), conf(1, incs{1, 2}), conf(1, incs{1, 2}), conf(1, incs{1, 2}))
	v.Replicas = 2
	in := placement.BalanceInput{
		View: v, Target: slices.Repeat([][]string{{"w1", "w2"}}, 4), Leads: []placement.Lead{{Partition: 0, Name: "w2"}},
		Live: map[string]inc{"w1": 1, "w2": 2}, Weights: map[string]int{"w1": 8, "w2": 1},
	}
	b := newBalancer(nil)
	b.workers = map[string]float64{"w1": 400, "w2": 95}
	for _, after := range []time.Duration{0, balanceAfter, 2 * balanceAfter} {
		leads, text := b.choose(epochZero.Add(after), in)
		require.Equal(t, in.Leads, leads, "%s", text)
	}
	b.workers = map[string]float64{"w1": 90, "w2": 40}
	_, text := b.choose(epochZero.Add(3*balanceAfter), in)
	require.Empty(t, text)
	leads, text := b.choose(epochZero.Add(4*balanceAfter), in)
	require.Empty(t, leads)
	require.Equal(t, "1 partitions go back to the primaries that the ring wants: the busiest worker has 90 requests a second", text)
}

// Of few requests none is in another's way: backups lead until there are few, and
// not a load about the mark decides.
func TestLeadsGoWhenThereAreFewRequests(t *testing.T) {
	b := swapped(t)
	was, _ := b.leads()
	b.heat("w1", 2)
	busiest := max(b.workers[1].load.Reads, b.workers[2].load.Reads)
	for range 180 {
		b.warm("w1", 2, (balanceLeast+balanceIdle)/2/busiest)
		b.obey(time.Second)
	}
	inEffect, ordered := b.leads()
	require.Equal(t, []int{was, was}, []int{inEffect, ordered})
	for _, w := range b.workers {
		w.load = wire.Load{CPUs: 1}
	}
	b.obey(balanceAfter)
	require.Len(t, b.texts(eventBalance), 1, "a pause is no reason")
	b.obey(4 * balanceMemory)
	inEffect, ordered = b.leads()
	require.Zero(t, inEffect+ordered)
	texts := b.texts(eventBalance)
	require.Len(t, texts, 2)
	require.Regexp(t, `^\d+ partitions go back to the primaries that the ring wants: the busiest worker has \d+ requests a second$`, texts[1])
	for p, conf := range b.inForce().Partitions {
		require.Equal(t, b.loop.planner.target[p][0], node(conf.Primary).Name)
	}
}
