package master

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/autoscale"
	"pikv/placement"
	"pikv/register"
	"pikv/wire"
)

// obey lets time pass as run does, with workers that do at once what is
// suggested to them: learners are filled in no time.
func (b *bench) obey(d time.Duration) {
	b.t.Helper()
	for end := b.now.Add(d); b.now.Before(end); {
		b.run(100 * time.Millisecond)
		v := b.inForce()
		var changes []placement.Change
		for n := range b.workers {
			changes = append(changes, b.suggested(n)...)
		}
		for p, conf := range v.Partitions {
			for _, l := range conf.Learners {
				changes = append(changes, placement.Change{
					Kind: placement.Promote, Partition: placement.PartitionID(p), Epoch: conf.Epoch, Asker: conf.Primary, Node: l,
				})
			}
		}
		if len(changes) > 0 {
			_, err := b.change(changes...)
			require.NoError(b.t, err)
		}
	}
}

// spread has the workers of the view share a load as those do that have the
// partitions: cpu processors and used bytes, each of all copies together.
func (b *bench) spread(cpu float64, used int64) {
	v := b.inForce()
	owns, holds := make(map[inc]int), make(map[inc]int)
	all := 0
	for _, conf := range v.Partitions {
		owns[conf.Primary]++
		for _, n := range conf.InSync {
			holds[n]++
			all++
		}
	}
	for n, w := range b.workers {
		w.load = wire.Load{CPU: cpu * float64(owns[n]) / float64(len(v.Partitions)), CPUs: 1}
		w.used = used * int64(holds[n]) / int64(all)
	}
}

// texts returns the texts of the events of that kind.
func (b *bench) texts(kind string) (texts []string) {
	list, _ := b.front.events.after(0)
	for _, ev := range list {
		if ev.Kind == kind {
			texts = append(texts, ev.Text)
		}
	}
	return texts
}

// scalingOf starts a master with that mode and so many workers, of which the last are spares.
func scalingOf(t *testing.T, mode autoscale.Mode, partitions, active, spares int) *bench {
	b := newBench(t, &register.State{}, func(c *Config) {
		c.Partitions, c.Replicas = partitions, 2
		c.Scaling = autoscale.DefaultPolicy()
		c.Scaling.Mode, c.Scaling.Window, c.Scaling.CoolDown = mode, 5*time.Second, 10*time.Second
	})
	for n := range active + spares {
		b.join(inc(n + 1))
		b.members[n].Spare = n >= active
	}
	b.run(5 * benchSettle)
	return b
}

// scaling starts a master with that mode, two active workers and two spares.
func scaling(t *testing.T, mode autoscale.Mode) *bench {
	b := scalingOf(t, mode, 64, 2, 2)
	require.Equal(t, map[string]string{"w1": "active", "w2": "active", "w3": "spare", "w4": "spare"}, b.lines())
	return b
}

func active(b *bench) (n int) {
	for _, state := range b.lines() {
		if state == "active" {
			n++
		}
	}
	return n
}

// The load doubles, and then memory fills, and then both are gone: one step for
// each, and back.
func TestTheClusterBreathes(t *testing.T) {
	b := scaling(t, autoscale.On)
	steady := func(cpu float64, used int64, d time.Duration) {
		for range int(d / time.Second) {
			b.spread(cpu, used)
			b.obey(time.Second)
		}
	}
	steady(1.2, 1<<20, 30*time.Second)
	require.Equal(t, 2, active(b), "0.6 of each processor is below the mark")
	steady(1.5, 1<<20, 40*time.Second)
	require.Equal(t, 3, active(b))
	steady(1.5, 12*(1<<20)/5, 40*time.Second)
	require.Equal(t, 4, active(b), "2.4 of 3 MiB are in use")
	steady(0.2, 1<<10, 90*time.Second)
	require.Equal(t, 2, active(b), "as many as there are replicas")
	steady(0.2, 1<<10, 60*time.Second)

	texts := b.texts(eventScale)
	require.Len(t, texts, 4, "%q", texts)
	require.Regexp(t, `^w[34] is activated: mean CPU \d\d % of 2 workers passed the high mark 65 %$`, texts[0])
	require.Regexp(t, `^w[34] is activated: .*memory`, texts[1])
	require.Regexp(t, `^w[34] becomes a spare: `, texts[2])
	require.Regexp(t, `^w[34] becomes a spare: `, texts[3])
	require.Equal(t, map[string]string{"w1": "active", "w2": "active", "w3": "spare", "w4": "spare"}, b.lines())
	for _, conf := range b.inForce().Partitions {
		require.Len(t, conf.InSync, 2)
	}
}

// The loop looks no more often than its tick, and is late by what a step takes: the
// shortest window that is allowed has enough looks all the same.
func TestTheShortestWindowIsMeasured(t *testing.T) {
	p := autoscale.DefaultPolicy()
	p.Mode, p.Window, p.CoolDown = autoscale.On, autoscale.MinWindow, autoscale.MinWindow
	require.NoError(t, p.Validate())
	s := newScaler(p, nil, time.Now().Add(-time.Hour))
	scene := autoscale.Scene{
		Now: time.Now(), Whole: true, Replicas: 1,
		Active: []autoscale.Worker{{Name: "w1", CPU: 0.9, Reported: true}}, Spares: []autoscale.Worker{{Name: "w2", Reported: true}},
	}
	for range 3 * int(autoscale.MinWindow/maxTick) {
		if s.decide(scene).Kind == autoscale.Activate {
			return
		}
		scene.Now = scene.Now.Add(maxTick + 20*time.Millisecond)
	}
	t.Fatalf("still %q", s.current.Load().Reason)
}

func TestAdviceIsGivenOnceAndNotFollowed(t *testing.T) {
	b := scaling(t, autoscale.Advise)
	for range 60 {
		b.spread(1.5, 1<<20)
		b.obey(time.Second)
	}
	require.Equal(t, 2, active(b))
	texts := b.texts(eventScale)
	require.Len(t, texts, 1)
	require.Contains(t, texts[0], "mean CPU 75 % of 2 workers passed the high mark 65 %: pikv activate w")
	status := b.front.status()
	require.Equal(t, "advise", status.Scaling.Mode)
	require.Equal(t, "activate", status.Scaling.Step)
	_, err := b.front.activate(t.Context(), status.Scaling.Node)
	require.NoError(t, err, "the operator does it")
	b.obey(5 * time.Second)
	require.Equal(t, 3, active(b))
}

func TestNothingIsScaledUnlessAsked(t *testing.T) {
	b := scaling(t, autoscale.Off)
	for range 30 {
		b.spread(2, 1<<20)
		b.obey(time.Second)
	}
	require.Equal(t, 2, active(b))
	require.Equal(t, wire.ScalingStatus{Mode: "off"}, b.front.status().Scaling)
}

// A dead worker leaves fewer than there are replicas: a spare takes its place
// though nothing is whole.
func TestASpareReplacesTheDead(t *testing.T) {
	b := scaling(t, autoscale.On)
	b.leave(2)
	for range 20 {
		b.obey(time.Second)
	}
	require.Equal(t, 2, active(b))
	require.Regexp(t, `is activated: 1 worker active, fewer than 2 replicas$`, b.texts(eventScale)[0])
}

// A dead worker's copies find no room at those that are left: a spare is activated though
// nothing is whole, since without it nothing would ever be.
func TestASpareMakesRoom(t *testing.T) {
	b := scaling(t, autoscale.On)
	_, err := b.front.activate(t.Context(), "w3")
	require.NoError(t, err)
	without := 0 // the most copies that found no room
	pass := func(d time.Duration) {
		for range int(d / (100 * time.Millisecond)) {
			without = max(without, b.loop.planner.noRoom)
			for _, w := range b.workers {
				w.used, w.load = 0, wire.Load{CPUs: 1}
			}
			for _, conf := range b.inForce().Partitions {
				for _, n := range conf.InSync {
					if w := b.workers[n]; w != nil {
						w.used += 17 << 10 // 64 of them are more than a worker has
					}
				}
			}
			b.obey(100 * time.Millisecond)
		}
	}
	pass(30 * time.Second)
	require.Equal(t, 3, active(b))
	require.Empty(t, b.texts(eventScale))
	b.leave(1)
	b.bury(1)
	without = 0 // the estimate is a careful one: w3's share had to wait for some, too
	for len(b.texts(eventScale)) == 0 && b.now.Sub(epochZero) < 5*time.Minute {
		pass(100 * time.Millisecond)
	}
	require.Positive(t, without)
	status := b.front.status()
	require.Less(t, status.Synced, status.Partitions)
	require.Len(t, b.texts(eventScale), 1)
	require.Regexp(t, `^w4 is activated: w[23] uses \d+ % of its memory, pressure is from 85 % on$`, b.texts(eventScale)[0])
	pass(time.Minute)
	status = b.front.status()
	require.Equal(t, status.Partitions, status.Synced)
	require.Equal(t, 3, active(b))
	require.Len(t, b.texts(eventScale), 1)
}

// bury has the others ask to go on without a dead worker, as those do that miss it.
func (b *bench) bury(dead inc) {
	b.t.Helper()
	var changes []placement.Change
	for p, conf := range b.inForce().Partitions {
		at := slices.Index(conf.InSync, dead)
		if at < 0 {
			continue
		}
		c := placement.Change{Kind: placement.Drop, Partition: placement.PartitionID(p), Epoch: conf.Epoch, Asker: conf.Primary, Node: dead}
		if conf.Primary == dead {
			c.Kind, c.Asker = placement.Replace, conf.InSync[1-at]
			c.Node = c.Asker
		}
		changes = append(changes, c)
	}
	_, err := b.change(changes...)
	require.NoError(b.t, err)
}

// Memory that gets short is said, whatever the mode, once for each time.
func TestPressureIsSaidOnce(t *testing.T) {
	b := scaling(t, autoscale.Off)
	const whole = 2 << 20
	for _, share := range []float64{0.84, 0.86, 0.84, 0.86, 0.79, 0.86} {
		b.spread(0, int64(share*whole))
		b.obey(2 * time.Second)
	}
	var said []string
	for _, text := range b.texts(eventPressure) {
		if text[:2] == "w1" {
			said = append(said, text[:len("w1 uses 86 %")])
		}
	}
	require.Equal(t, []string{"w1 uses 86 %", "w1 uses 79 %", "w1 uses 86 %"}, said)
	require.Contains(t, b.texts(eventPressure)[0], "; activate a spare or start a worker, ")
}

// Nobody is told to do what the master is about to do itself; it does it, and the same bytes on three workers leave
// none under pressure.
func TestPressureIsRelieved(t *testing.T) {
	b := scaling(t, autoscale.On)
	fullest := func() (part float64) {
		b.spread(0, 9*(2<<20)/10)
		for n, w := range b.workers {
			part = max(part, float64(w.used)/float64(node(n).Capacity))
		}
		return part
	}
	require.GreaterOrEqual(t, fullest(), autoscale.Pressure)
	b.obey(2 * time.Second)
	texts := b.texts(eventPressure)
	require.Len(t, texts, 2)
	require.Contains(t, texts[0], "; a spare is activated if there is one (--autoscale on); else start a worker, ")
	for range 20 {
		fullest()
		b.obey(time.Second)
	}
	require.Len(t, b.texts(eventScale), 1)
	require.Regexp(t, `^w[34] is activated: w[12] uses 90 % of its memory, pressure is from 85 % on$`, b.texts(eventScale)[0])
	require.Less(t, fullest(), relieved)
	texts = b.texts(eventPressure)[2:]
	require.Len(t, texts, 2)
	for _, text := range texts {
		require.Regexp(t, `^w[12] uses \d+ % of its memory again$`, text)
	}
}

// heat has clients ask for what the ring wants at that worker ten times as often as for
// anything else, and returns how many times the mean of so many workers the busiest has.
func (b *bench) heat(name string, workers int) (busiest float64) {
	rates := make(map[inc][]wire.PartitionLoad)
	for p, conf := range b.inForce().Partitions {
		rate := 10.0
		if b.loop.planner.target[p][0] == name {
			rate = 100
		}
		rates[conf.Primary] = append(rates[conf.Primary], wire.PartitionLoad{P: uint16(p), Rate: rate})
	}
	all := 0.0
	for n, w := range b.workers {
		slices.SortFunc(rates[n], func(a, b wire.PartitionLoad) int { return cmp.Compare(b.Rate, a.Rate) })
		sum := 0.0
		for _, r := range rates[n] {
			sum += r.Rate
		}
		w.load = wire.Load{Reads: sum, CPUs: 1, Partitions: rates[n]}
		busiest, all = max(busiest, sum), all+sum
	}
	return busiest / all * float64(workers)
}

// One worker has most of the requests: primaries go to backups, and no byte moves.
func TestHotPrimariesAreSwapped(t *testing.T) {
	b := scaling(t, autoscale.Off)
	require.Positive(t, owners(b)["w1"])
	hot := func() float64 { return b.heat("w1", 2) }
	before := hot()
	require.Greater(t, before, placement.SwapAbove)
	for range 120 {
		hot()
		b.obey(time.Second)
	}
	require.LessOrEqual(t, hot(), placement.SwapBelow+0.01)
	texts := b.texts(eventBalance)
	require.Len(t, texts, 1)
	require.Contains(t, texts[0], fmt.Sprintf("w1 has %.2f times the requests of its share", before))
	require.NotEmpty(t, b.state().Orders.Leads)
	require.Equal(t, b.state().Orders.Leads, b.memory.saved[len(b.memory.saved)-1].Orders.Leads, "they are durable")
	require.Equal(t, len(b.state().Orders.Leads), b.front.status().Scaling.Leads)
	require.Zero(t, b.front.status().Moving)
}

// owners counts the partitions by the name of their primary.
func owners(b *bench) map[string]int {
	count := make(map[string]int)
	for p := range b.inForce().Partitions {
		n, _ := b.inForce().Owner(placement.PartitionID(p))
		count[n.Name]++
	}
	return count
}

// An operator's order that is given between what the policy saw and what it does
// wins.
func TestOrdersWinOverTheScaler(t *testing.T) {
	b := scaling(t, autoscale.On)
	carryOut := func(kind autoscale.Kind, node string) (changed bool) {
		before := b.state()
		s := scene{now: b.now, rg: b.loop.authority.reign(), state: before, live: liveOf(b.members), heard: b.loop.reports.snapshot()}
		b.loop.carryOut(t.Context(), s, autoscale.Decision{Kind: kind, Node: node, Reason: "a test"})
		return b.state() != before
	}
	require.False(t, carryOut(autoscale.Spare, "w1"), "there would be fewer than replicas")
	require.False(t, carryOut(autoscale.Activate, "w1"), "it is active")
	require.False(t, carryOut(autoscale.Activate, "w9"))
	_, err := b.front.drain(t.Context(), wire.DrainRequest{Node: "w3"})
	require.NoError(t, err)
	require.False(t, carryOut(autoscale.Activate, "w3"), "it is drained: it was said that it can be stopped")
	require.Equal(t, "draining", b.lines()["w3"])
	require.True(t, carryOut(autoscale.Activate, "w4"))
	require.True(t, carryOut(autoscale.Spare, "w4"))
	require.Len(t, b.texts(eventScale), 2, "what was not done is not told")
	b.obey(5 * time.Second)
	require.Equal(t, "draining", b.lines()["w3"])
}

// A master that is started anew in the middle of a step goes on with it: who is
// active and who is a spare is in its file.
func TestAStepSurvivesTheMaster(t *testing.T) {
	b := scaling(t, autoscale.On)
	for len(b.texts(eventScale)) == 0 {
		b.spread(1.6, 1<<20)
		b.run(time.Second) // nothing moves
	}
	saved := b.memory.saved[len(b.memory.saved)-1]
	again := newBench(t, saved, func(c *Config) { c.Partitions, c.Replicas = 64, 2 })
	for n := range inc(4) {
		again.holding(n+1, saved.View.MasterID, saved.View)
		again.members[n].Spare = n >= 2
	}
	again.run(3 * benchSettle)
	require.Equal(t, 3, active(again))
	again.obey(10 * time.Second)
	require.Equal(t, again.front.status().Partitions, again.front.status().Synced)
	require.Len(t, owners(again), 3)
}

// A worker dies while another is on its way to being a spare: that one is called
// back, and no copy is given up meanwhile.
func TestADeathDuringAScaleIn(t *testing.T) {
	b := scaling(t, autoscale.On)
	for len(b.texts(eventScale)) == 0 {
		b.spread(1.6, 1<<20)
		b.obey(time.Second)
	}
	b.obey(10 * time.Second)
	leaving := ""
	for leaving == "" {
		b.spread(0.2, 1<<10)
		b.run(time.Second) // nothing moves away yet
		for name, state := range b.lines() {
			if state == "draining" {
				leaving = name
			}
		}
	}
	b.leave(1)
	for range 40 {
		b.obey(500 * time.Millisecond)
		for p, conf := range b.inForce().Partitions {
			alive := 0
			for _, n := range conf.InSync {
				if b.workers[n] != nil {
					alive++
				}
			}
			if alive == 0 {
				t.Fatalf("partition %d has no copy that lives", p)
			}
		}
	}
	require.Equal(t, "active", b.lines()[leaving])
	require.GreaterOrEqual(t, active(b), 2)
}

// The load rises while a worker is on its way to being a spare: it is called back before
// it is gone.
func TestALoadThatRisesDuringAScaleIn(t *testing.T) {
	b := scaling(t, autoscale.On)
	load := func(cpu float64) {
		b.spread(cpu, 1<<20)
		for _, w := range b.workers {
			w.load.Reads = 1000 * w.load.CPU
		}
	}
	for range 40 {
		load(1.6)
		b.obey(time.Second)
	}
	require.Equal(t, 3, active(b))
	for range 60 {
		load(0.8)
		if b.run(time.Second); active(b) == 2 { // nothing moves away yet
			break
		}
	}
	require.Equal(t, 2, active(b))
	for range 8 {
		load(2.2)
		b.run(time.Second)
	}
	texts := b.texts(eventScale)
	require.Len(t, texts, 3, "%q", texts)
	require.Regexp(t, `is activated: mean CPU \d\d % of 2 workers passed the high mark 65 % while it was leaving: requests rose from`, texts[2])
	require.Equal(t, 3, active(b))
}

// What the balancer does not hear of is not at rest.
func TestASilentWorkerIsNotIdle(t *testing.T) {
	b := scaling(t, autoscale.Off)
	for range 120 {
		for n := range inc(2) {
			b.workers[n+1].load = wire.Load{Reads: 1000, CPUs: 1}
		}
		b.obey(time.Second)
		if w := b.workers[2]; b.now.Sub(epochZero) > 30*time.Second && w != nil {
			w.mute = true
		}
	}
	require.Empty(t, b.texts(eventBalance))
	require.Empty(t, b.state().Orders.Leads)
}

// Two workers are under pressure, now the one more and now the other: it is said
// once of each.
func TestWarningsDoNotFloodTheEvents(t *testing.T) {
	b := scaling(t, autoscale.On)
	for _, n := range []string{"w3", "w4"} {
		_, err := b.front.drain(t.Context(), wire.DrainRequest{Node: n})
		require.NoError(t, err)
	}
	for i := range 120 {
		b.spread(0, 0)
		b.workers[1].used, b.workers[2].used = 900_000+int64(i%2)*10_000, 910_000-int64(i%2)*10_000
		b.obey(time.Second)
	}
	texts := b.texts(eventScale)
	require.Len(t, texts, 2, "%q", texts)
}

// One warning does not swallow another one of the same kind, and is no other one when
// figures change.
func TestEachCauseIsWarnedOf(t *testing.T) {
	b := scaling(t, autoscale.On)
	for _, n := range []string{"w3", "w4"} {
		_, err := b.front.drain(t.Context(), wire.DrainRequest{Node: n})
		require.NoError(t, err)
	}
	for i := range 60 {
		b.spread(1.5+float64(i%10)/50, 0)
		b.obey(time.Second)
	}
	require.Len(t, b.texts(eventScale), 1)
	b.leave(2)
	b.obey(8 * time.Second) // less than a cool-down
	texts := b.texts(eventScale)
	require.Len(t, texts, 2, "%q", texts)
	require.Regexp(t, `^mean CPU \d\d % of 2 workers passed the high mark 65 %, but no spare is left$`, texts[0])
	require.Equal(t, "1 worker active, fewer than 2 replicas, but no spare is left", texts[1])
}

// Swaps move nothing: a hot set that wanders does not put off a spare for ever.
func TestSwapsDoNotHoldUpTheScaler(t *testing.T) {
	b := scaling(t, autoscale.On)
	b.spread(1.5, 1<<20)
	b.run(2 * time.Second)
	first := b.inForce().Partitions[0]
	other := first.InSync[0]
	if other == first.Primary {
		other = first.InSync[1]
	}
	n, _ := b.inForce().Node(other)
	for i := range 40 {
		b.spread(1.5, 1<<20)
		leads := []placement.Lead{{Partition: 0, Name: n.Name}}
		if i%2 == 0 {
			leads = nil
		}
		require.NoError(t, b.reg.Update(t.Context(), func(s *register.State) (*register.State, error) { return register.SetLeads(s, leads), nil }))
		b.run(500 * time.Millisecond) // the hand-over is suggested and not done yet
		b.obey(500 * time.Millisecond)
	}
	require.Equal(t, 3, active(b), "%s", b.front.status().Scaling.Reason)
}

// With --autoscale on an order that the policy would undo at once is refused.
func TestASpareBelowTheFloorIsRefused(t *testing.T) {
	b := scaling(t, autoscale.On)
	_, err := b.front.spare(t.Context(), wire.DrainRequest{Node: "w2"})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeRefused})
	require.ErrorContains(t, err, "1 workers would stay active, and with --autoscale on it is 2 at least")
	_, err = b.front.activate(t.Context(), "w3")
	require.NoError(t, err)
	_, err = b.front.spare(t.Context(), wire.DrainRequest{Node: "w2"})
	require.NoError(t, err)
}
