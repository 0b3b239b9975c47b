package autoscale

import (
	"fmt"
	"hash/fnv"
	"math"
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
}

// unevenness is a factor from 0.8 to 1.25 that is a function of the worker and
// of who else is active, as on the ring.
func (h *herd) unevenness(name string) float64 {
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

// reported returns the load that workers report at since, if it is what loadAt says:
// memory is that of the moment, the rest a mean with a time constant of 5 s.
func reported(loadAt func(since time.Duration) Totals, since time.Duration) Totals {
	const step = 50 * time.Millisecond
	var sum, weights float64
	for ago := time.Duration(0); ago < 20*time.Second; ago += step {
		weight := math.Exp(-ago.Seconds() / 5)
		sum, weights = sum+weight*loadAt(since-ago).CPU, weights+weight
	}
	load := loadAt(since)
	load.CPU = sum / weights
	return load
}

// play lets the load of the cluster be what loadAt says, a call of Decide every
// two seconds.
func (h *herd) play(length time.Duration, loadAt func(since time.Duration) Totals) {
	var shares map[string]float64
	for since := time.Duration(0); since < length; since += 2 * time.Second {
		load, now := reported(loadAt, since), begin.Add(since)
		s := Scene{Now: now, Replicas: 2, Whole: !now.Before(h.until)}
		if shares == nil {
			shares = h.shares()
		}
		for _, w := range h.members {
			w.Reported = true
			if !h.active[w.Name] {
				s.Spares = append(s.Spares, w)
				continue
			}
			share := shares[w.Name]
			w.Used, w.CPU, w.Requests = int64(share*load.Used), share*load.CPU, share*load.Requests
			s.Active = append(s.Active, w)
		}
		var d Decision
		d, h.history = h.policy.Decide(h.history, s)
		if d.Kind == Wake || d.Kind == Retire {
			h.active[d.Node], shares = d.Kind == Wake, nil
			h.until = now.Add(30 * time.Second)
			h.steps = append(h.steps, d.Kind.String())
		}
	}
}

func newHerd(workers, active int) *herd {
	h := &herd{policy: testPolicy(), active: map[string]bool{}}
	for i := range workers {
		w := Worker{Name: fmt.Sprintf("w%d", i), Weight: 1, Capacity: gb, StartedSpare: i >= active}
		h.members = append(h.members, w)
		h.active[w.Name] = i < active
	}
	return h
}

// A load that stays the same, or that repeats itself within a window, leads to
// steps in one direction only, and they come to an end; around a mark it leads
// to one at most. (Where the ring without a worker turns out to be uneven, that
// worker comes back once, for pressure, and stays.)
func TestNoFlapping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(t, "active")
		h := newHerd(10, n)
		axis := rapid.SampledFrom([]string{"memory", "CPU"}).Draw(t, "axis")
		marks := map[string]Marks{"memory": h.policy.Memory, "CPU": h.policy.CPU}[axis]
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
		total := level * float64(n)
		h.play(25*time.Minute, func(since time.Duration) Totals {
			_, phase := math.Modf(1000 + since.Seconds()/period.Seconds())
			now := total * (1 + swing*wave(phase))
			if axis == "CPU" {
				return Totals{CPU: now}
			}
			return Totals{Used: now * gb}
		})
		steps := strings.Join(h.steps, " ")
		turns := 0
		for i := 1; i < len(h.steps); i++ {
			if h.steps[i] != h.steps[i-1] {
				turns++
			}
		}
		if turns > 1 || turns == 1 && (axis == "CPU" || h.steps[len(h.steps)-1] != Wake.String()) {
			t.Fatalf("it flaps: %s", steps)
		}
		if around != 0 && axis == "CPU" && len(h.steps) > 1 {
			t.Fatalf("%d steps around a mark: %s", len(h.steps), steps)
		}
	})
}

// Whatever is reported, a step is never taken while something moves or cools
// down, below the floor, or for somebody who is not there.
func TestDecideKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := testPolicy()
		p.MinWorkers = rapid.IntRange(1, 4).Draw(t, "min")
		var h History
		now := begin
		var quiet, stepped time.Time // the last move and the last step, zero for none
		for range rapid.IntRange(1, 120).Draw(t, "calls") {
			now = now.Add(rapid.SampledFrom([]time.Duration{time.Second, 2 * time.Second, 10 * time.Second, 15 * time.Second, 90 * time.Second}).Draw(t, "later"))
			s := Scene{Now: now, Replicas: rapid.IntRange(1, 3).Draw(t, "replicas"), Whole: rapid.IntRange(0, 9).Draw(t, "whole") > 0, NoRoom: rapid.Bool().Draw(t, "no room")}
			names := 0
			draw := func(most int) (all []Worker) {
				for range rapid.IntRange(0, most).Draw(t, "workers") {
					names++
					all = append(all, Worker{
						Name: fmt.Sprint(names), Weight: rapid.IntRange(0, 8).Draw(t, "weight"), Evicts: rapid.IntRange(0, 9).Draw(t, "evicts") == 0,
						Capacity: rapid.SampledFrom([]int64{0, gb, 4 * gb}).Draw(t, "capacity"), Used: rapid.Int64Range(0, gb).Draw(t, "used"),
						CPU: rapid.Float64Range(0, 1).Draw(t, "cpu"), Reported: rapid.IntRange(0, 30).Draw(t, "reported") > 0,
					})
				}
				return all
			}
			s.Active, s.Spares = draw(6), draw(3)
			if !s.Whole {
				quiet = now
			}
			var d Decision
			d, h = p.Decide(h, s)
			if d.Reason == "" || strings.Contains(d.Reason, "NaN") || strings.Contains(d.Reason, "Inf") {
				t.Fatalf("%v for the reason %q", d.Kind, d.Reason)
			}
			short := len(s.Active) < max(p.MinWorkers, s.Replicas)
			find := func(all []Worker) bool {
				for _, w := range all {
					if w.Name == d.Node {
						return w.Reported
					}
				}
				return false
			}
			switch d.Kind {
			case Wake:
				if !find(s.Spares) {
					t.Fatalf("%q is woken, who is no spare that reports", d.Node)
				}
			case Retire:
				if !find(s.Active) || len(s.Active) <= max(p.MinWorkers, s.Replicas) {
					t.Fatalf("%q retires of %d", d.Node, len(s.Active))
				}
			default:
				continue
			}
			for _, w := range s.Active {
				if !w.Reported && !short {
					t.Fatalf("%v without a report of %s", d.Kind, w.Name)
				}
			}
			exempt := short || d.Kind == Wake && !s.Whole && s.NoRoom && (stepped.IsZero() || now.Sub(stepped) >= p.CoolDown)
			if !exempt && (!s.Whole || !quiet.IsZero() && now.Sub(quiet) < p.CoolDown) {
				t.Fatalf("%v %v after the last move", d.Kind, now.Sub(quiet))
			}
			quiet, stepped = now, now
		}
	})
}
