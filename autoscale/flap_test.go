package autoscale

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// herd is a cluster of workers in virtual time: a load, shared as unevenly as
// a ring may, and steps that take a while.
type herd struct {
	policy  Policy
	members []Worker // all; the first active are so
	active  map[string]bool
	history History
	until   time.Time // what moves has moved
	steps   []string
	nodes   map[string]string // of each worker that a step was about, the kinds of these steps
	rests   []time.Duration   // from the end of one step to the next
	even    bool              // the ring is
	turns   []time.Duration   // when a worker was activated, after one had been made a spare
	look    time.Duration     // how often the policy is asked
}

// The herd's times: how often the policy is asked, and what a step takes.
const (
	herdLook = 2 * time.Second
	herdMove = 30 * time.Second
)

// unevenness is a factor from 0.8 to 1.25 that is a function of the worker and
// of who else is active, as on the ring.
func (h *herd) unevenness(name string) float64 {
	if h.even {
		return 1
	}
	hash := fnv.New64a()
	for _, w := range h.members {
		if h.active[w.Name] {
			fmt.Fprint(hash, w.Name, " ")
		}
	}
	fmt.Fprint(hash, name)
	return 0.8 * math.Pow(1.25/0.8, float64(hash.Sum64()%1000)/999)
}

// shares returns what each active worker has of the load.
func (h *herd) shares() map[string]float64 {
	shares, sum := map[string]float64{}, 0.0
	for _, w := range h.members {
		if h.active[w.Name] {
			shares[w.Name] = float64(w.Weight) * h.unevenness(w.Name)
			sum += shares[w.Name]
		}
	}
	for name := range shares {
		shares[name] /= sum
	}
	return shares
}

// holds returns which part of all bytes, of both copies, each active worker holds on a
// real ring: the copies of a partition lie on two workers.
func (h *herd) holds(t rapid.TB) map[string]float64 {
	const partitions, copies = 256, 2
	var active []Worker
	for _, w := range h.members {
		if h.active[w.Name] {
			active = append(active, w)
		}
	}
	parts := map[string]float64{}
	for i, holds := range ringOf(t, active, partitions, copies) {
		parts[active[i].Name] = float64(holds) / float64(partitions*min(copies, len(active)))
	}
	return parts
}

// reported returns the load that workers report at since, if it is what loadAt says:
// memory is that of the moment, the rest a mean with a time constant of 5 s.
func reported(loadAt func(since time.Duration) Totals, since time.Duration) Totals {
	const step = 500 * time.Millisecond
	var sum Totals
	var weights float64
	for ago := time.Duration(0); ago < 20*time.Second; ago += step {
		weight := math.Exp(-ago.Seconds() / 5)
		then := loadAt(since - ago)
		sum.CPU, sum.Requests, weights = sum.CPU+weight*then.CPU, sum.Requests+weight*then.Requests, weights+weight
	}
	load := loadAt(since)
	load.CPU, load.Requests = sum.CPU/weights, sum.Requests/weights
	return load
}

// play lets the load of the cluster be what loadAt says.
func (h *herd) play(t rapid.TB, length time.Duration, loadAt func(since time.Duration) Totals) {
	var shares, holds map[string]float64
	for since := time.Duration(0); since < length; since += h.look {
		load, now := reported(loadAt, since), begin.Add(since)
		s := Scene{Now: now, Replicas: 2, Whole: !now.Before(h.until)}
		if shares == nil {
			shares, holds = h.shares(), h.holds(t)
		}
		for _, w := range h.members {
			w.Reported = true
			if !h.active[w.Name] {
				s.Spares = append(s.Spares, w)
				continue
			}
			share := shares[w.Name]
			w.Used, w.CPU, w.Requests = int64(holds[w.Name]*load.Used), share*load.CPU, share*load.Requests
			s.Active = append(s.Active, w)
		}
		var d Decision
		d, h.history = h.policy.Decide(h.history, s)
		if d.Kind == Activate || d.Kind == Spare {
			h.active[d.Node], shares = d.Kind == Activate, nil
			if !h.until.IsZero() {
				h.rests = append(h.rests, now.Sub(h.until))
			}
			h.until = now.Add(herdMove)
			if last := len(h.steps) - 1; d.Kind == Activate && last >= 0 && h.steps[last] == Spare.String() {
				h.turns = append(h.turns, since)
			}
			h.steps = append(h.steps, d.Kind.String())
			h.nodes[d.Node] += d.Kind.String() + " "
		}
	}
}

// newHerd has a worker for each weight, which is its memory in gigabytes, too.
func newHerd(weights []int, active int) *herd {
	h := &herd{policy: testPolicy(), active: map[string]bool{}, nodes: map[string]string{}, look: herdLook}
	for i, weight := range weights {
		w := Worker{Name: fmt.Sprintf("w%d", i), Weight: weight, Capacity: int64(weight) * gb, StartedSpare: i >= active}
		h.members = append(h.members, w)
		h.active[w.Name] = i < active
	}
	return h
}

// A load that stays the same, or that repeats itself within a window, leads to steps
// that are a cool-down apart and come to an end. No worker goes and comes back, or
// comes and goes: where all are alike that means steps in one direction only, one at most around a
// mark; a big machine that comes may make small ones spares. Memory alone has an
// exception, since pressure on one worker is no mean: where the ring without a worker turns out to
// be uneven, that worker comes back once, and stays; or a bigger one comes, and where all are not alike
// that may make spares of those that came before.
func TestNoFlapping(t *testing.T) {
	for _, axis := range []string{"memory", "CPU", "requests"} {
		t.Run(axis, func(t *testing.T) { noFlapping(t, axis) })
	}
}

func noFlapping(t *testing.T, axis string) {
	steps := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		const workers, length = 10, 40 * time.Minute
		n := rapid.IntRange(2, 8).Draw(t, "active")
		alike := rapid.Bool().Draw(t, "alike")
		weights := slices.Repeat([]int{1}, workers)
		if !alike {
			weights = rapid.SliceOfN(rapid.SampledFrom([]int{1, 2, 4, 8}), workers, workers).Draw(t, "weights")
		}
		h := newHerd(weights, n)
		marks, unit := h.policy.Memory, 0.0 // of all active workers, at 1
		switch axis {
		case "memory":
			for _, weight := range weights[:n] {
				unit += float64(weight)
			}
		case "CPU":
			marks, unit = h.policy.CPU, float64(n)
		case "requests":
			marks, unit = Marks{0.4, 0.6}, 5000*float64(n)
			h.policy.Requests = Marks{5000 * marks.Low, 5000 * marks.High}
		}
		around := rapid.SampledFrom([]float64{marks.Low, marks.High, 0}).Draw(t, "around")
		level := around * rapid.Float64Range(0.97, 1.03).Draw(t, "level")
		if around == 0 {
			level = rapid.Float64Range(0.02, 0.8).Draw(t, "any level")
		}
		swing := rapid.Float64Range(0, 0.5).Draw(t, "swing")
		if axis == "memory" {
			swing *= 0.25 // peaks are pressure, which does not wait for means
		}
		period := time.Duration(rapid.Int64Range(int64(7*time.Second), int64(h.policy.Window)).Draw(t, "period"))
		wave := rapid.SampledFrom([]func(float64) float64{
			func(x float64) float64 { return math.Sin(2 * math.Pi * x) },
			func(x float64) float64 { return 2*math.Round(x) - 1 },
			func(x float64) float64 { return 2*x - 1 },
		}).Draw(t, "wave")
		h.play(t, length, func(since time.Duration) Totals {
			_, phase := math.Modf(1000 + since.Seconds()/period.Seconds())
			now := unit * level * (1 + swing*wave(phase))
			switch axis {
			case "memory":
				return Totals{Used: now * gb}
			case "CPU":
				return Totals{CPU: now}
			default:
				return Totals{Requests: now}
			}
		})
		said := strings.Join(h.steps, " ")
		back := Spare.String() + " " + Activate.String() + " "
		returns := 0
		for node, kinds := range h.nodes {
			if strings.Count(kinds, " ") == 1 {
				continue
			}
			if returns++; axis != "memory" || strings.Count(kinds, " ") > 2 || alike && kinds != back {
				t.Fatalf("%s flaps: %sof %s", node, kinds, said)
			}
		}
		if turns := len(slices.Compact(slices.Clone(h.steps))) - 1; alike && turns > min(returns, 1) {
			t.Fatalf("it flaps: %s", said)
		}
		if around != 0 && axis != "memory" && alike && len(h.steps) > 1 {
			t.Fatalf("%d steps around a mark: %s", len(h.steps), said)
		}
		for _, rest := range h.rests {
			if rest < h.policy.CoolDown-herdLook {
				t.Fatalf("a step %v after the end of the one before, the cool-down is %v: %s", rest, h.policy.CoolDown, said)
			}
		}
		for _, step := range h.steps {
			steps[step]++
		}
	})
	t.Logf("steps: %v", steps)
	for _, kind := range []Kind{Activate, Spare} {
		if steps[kind.String()] == 0 && !testing.Short() {
			t.Errorf("no step of kind %q: nothing is shown", kind)
		}
	}
}

// climate is what the scenes of TestDecideKeepsItsPromises are drawn from. Where
// everything happens all the time no mean lasts, and a step is for workers that are missing or
// for pressure; where little happens it is for a mean.
type climate struct {
	name       string
	later      []time.Duration // from one call to the next
	troubles   int             // of a thousand calls, and of a thousand workers, so many are in trouble
	leastCPU   float64
	mostCPU    float64
	mostMemory int64
	fewest     int    // active workers
	step       string // what is then seen, once in five runs at least
}

const (
	seenSpare    = "made a spare"
	seenMean     = "activated by a mean"
	seenFew      = "activated since too few are active"
	seenPressure = "activated by pressure"
)

func climates() []climate {
	steady := []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second}
	return []climate{
		{name: "storm", later: append(steady, 90*time.Second), troubles: 80, mostCPU: 1, mostMemory: gb, step: seenFew},
		{name: "calm", later: steady, troubles: 4, mostCPU: 0.5, mostMemory: gb / 2, fewest: 4, step: seenSpare},
		{name: "heat", later: steady, troubles: 4, leastCPU: 0.5, mostCPU: 1, mostMemory: gb / 2, fewest: 4, step: seenMean},
		{name: "flood", later: steady, troubles: 4, mostCPU: 0.5, mostMemory: gb, fewest: 4, step: seenPressure},
	}
}

// Whatever is reported, a step is never taken while something moves or cools
// down, below the floor, or for somebody who is not there.
func TestDecideKeepsItsPromises(t *testing.T) {
	for _, sky := range climates() {
		t.Run(sky.name, func(t *testing.T) { keepPromises(t, sky) })
	}
}

func keepPromises(t *testing.T, sky climate) {
	seen, runs := map[string]int{}, 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		p := testPolicy()
		p.MinWorkers = rapid.IntRange(1, 4).Draw(t, "min")
		replicas := rapid.IntRange(1, 3).Draw(t, "replicas")
		trouble := func(what string) bool { return rapid.IntRange(0, 999).Draw(t, what) > 999-sky.troubles } // small numbers are drawn more often
		var h History
		now := begin
		var quiet, stepped time.Time // the last move and the last step, zero for none
		for range rapid.SampledFrom([]int{1, 120, 240}).Draw(t, "calls") {
			now = now.Add(rapid.SampledFrom(sky.later).Draw(t, "later"))
			s := Scene{Now: now, Replicas: replicas, Whole: !trouble("not whole"), NoRoom: trouble("no room"), Moving: trouble("moving")}
			names := 0
			draw := func(fewest, most int) (all []Worker) {
				for range rapid.IntRange(fewest, most).Draw(t, "workers") {
					names++
					all = append(all, Worker{
						Name: fmt.Sprint(names), Weight: rapid.IntRange(0, 8).Draw(t, "weight"), Evicts: rapid.IntRange(0, 9).Draw(t, "evicts") == 9,
						Capacity: rapid.SampledFrom([]int64{0, gb, 4 * gb}).Draw(t, "capacity"), Used: rapid.Int64Range(0, sky.mostMemory).Draw(t, "used"),
						CPU: rapid.Float64Range(sky.leastCPU, sky.mostCPU).Draw(t, "cpu"), Reported: !trouble("silent"),
					})
				}
				return all
			}
			s.Active, s.Spares = draw(sky.fewest, 6), draw(min(sky.fewest, 1), 3)
			if trouble("failing") {
				s.Failing = []string{"1"}
			}
			if !s.Whole && len(s.Failing) == 0 {
				quiet = now
			}
			var d Decision
			d, h = p.Decide(h, s)
			if d.Reason == "" || strings.Contains(d.Reason, "NaN") || strings.Contains(d.Reason, "Inf") {
				t.Fatalf("%v for the reason %q", d.Kind, d.Reason)
			}
			short := len(s.Active) < s.Replicas
			few := len(s.Active) < max(p.MinWorkers, s.Replicas) // needs no report
			find := func(all []Worker) bool {
				for _, w := range all {
					if w.Name == d.Node {
						return w.Reported
					}
				}
				return false
			}
			switch d.Kind {
			case Activate:
				if !find(s.Spares) {
					t.Fatalf("%q is activated, who is no spare that reports", d.Node)
				}
			case Spare:
				if !find(s.Active) || len(s.Active) <= max(p.MinWorkers, s.Replicas) {
					t.Fatalf("%q becomes a spare of %d", d.Node, len(s.Active))
				}
			default:
				continue
			}
			for _, w := range s.Active {
				pressed := d.Kind == Activate && strings.Contains(d.Reason, "pressure is from")
				if !w.Reported && !few && !pressed {
					t.Fatalf("%v without a report of %s", d.Kind, w.Name)
				}
			}
			exempt := short || d.Kind == Activate && s.NoRoom && (stepped.IsZero() || now.Sub(stepped) >= p.CoolDown)
			if d.Kind == Spare && (!s.Whole || len(s.Failing) > 0) {
				t.Fatalf("%q becomes a spare while copies are missing or fail", d.Node)
			}
			if !exempt && (!s.Whole && len(s.Failing) == 0 || !quiet.IsZero() && now.Sub(quiet) < p.CoolDown) {
				t.Fatalf("%v %v after the last move", d.Kind, now.Sub(quiet))
			}
			quiet, stepped = now, now
			switch {
			case d.Kind == Spare:
				seen[seenSpare]++
			case strings.HasPrefix(d.Reason, "mean "):
				seen[seenMean]++
			case few:
				seen[seenFew]++
			default:
				seen[seenPressure]++
			}
		}
	})
	t.Logf("in %d runs: %v", runs, seen)
	if seen[sky.step] < runs/5 {
		t.Errorf("in %d runs only %d workers were %s: nothing is shown", runs, seen[sky.step], sky.step)
	}
}
