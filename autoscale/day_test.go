package autoscale

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var daySeeds = flag.Int("days", 0, "play this many days second by second, and print what they show")

// The goals of a day.
const goalHours = 1.2 // worker-hours, times those of an oracle

// The cluster of a day.
const (
	dayWorkers  = 12
	dayReplicas = 2
	dayNIC      = 12_500_000 // bytes/s, 100 Mbit/s
	daySpike    = 0.6        // machines, just less than what a worker carries at the high mark
)

// weather is the load of one day, as its seed has it.
type weather struct {
	random           *rand.Rand
	cpu, memory      float64 // means: busy machines, bytes
	shift, memShift  float64 // where in the day the highest loads are, 0 to 1
	spikeAt, spikeTo float64 // seconds
	spike            float64 // machines
	ramp             float64 // how long the spike takes to be there, in seconds
	nic              float64 // bytes/s
}

func newWeather(seed uint64) *weather {
	random := rand.New(rand.NewPCG(seed, 24))
	w := &weather{
		random: random,
		cpu:    3.2 + random.Float64(),
		memory: (3.2 + random.Float64()) * gb,
		shift:  random.Float64(), memShift: random.Float64(),
		spikeAt: 86400 * (0.05 + 0.85*random.Float64()),
		spike:   daySpike,
		ramp:    60,
		nic:     dayNIC,
	}
	w.spikeTo = w.spikeAt + 1200
	return w
}

// at returns the load at a second of the day, with 5 % of noise.
func (w *weather) at(second float64) Totals {
	wave := func(shift float64) float64 { return 1 + 0.6*math.Sin(2*math.Pi*(second/86400+shift)) }
	noise := 1 + 0.05*w.random.NormFloat64()
	spike := w.spike * max(0, min(1, (second-w.spikeAt)/w.ramp, (w.spikeTo-second)/w.ramp))
	cpu := (w.cpu*wave(w.shift) + spike) * noise
	return Totals{CPU: cpu, Requests: 1000 * cpu, Used: w.memory * wave(w.memShift)}
}

// day is what one day shows.
type day struct {
	hours, oracle     float64       // worker-hours
	above             time.Duration // the longest time that a mean was above its high mark
	move              time.Duration // the longest move
	activated, spared int
	leaves            []float64 // seconds at which workers were let go
	back              int       // workers that were called back before they had gone
}

// playDay lets the policy rule a day, a look every step. A move takes as long as
// its bytes through one NIC, and its worker takes, or gives up, its share evenly
// in that time. "Above" is what the mean over the policy's window says of who
// serves, a worker that takes its share counted in part. The oracle needs no
// time to move and has at each moment just as many workers as keep the same
// means below the same marks.
func playDay(w *weather, p Policy, step time.Duration) day {
	var d day
	var h History
	active := needed(w.at(0), p)
	var moveFrom, moveTo time.Time
	moving := 0 // +1: the last active worker takes its share, -1: one more gives its up
	var above time.Duration
	length := int(p.Window / step)
	served, offered := &sliding{length: length}, &sliding{length: length}
	for now := begin; now.Before(begin.Add(24 * time.Hour)); now = now.Add(step) {
		load := w.at(now.Sub(begin).Seconds())
		if moving != 0 && !now.Before(moveTo) {
			moving = 0
		}
		serving, powered := float64(active), float64(active)
		if moving != 0 {
			done := now.Sub(moveFrom).Seconds() / moveTo.Sub(moveFrom).Seconds()
			if moving > 0 {
				serving += done - 1
			} else {
				serving += 1 - done
				powered++
			}
		}
		s := Scene{Now: now, Replicas: dayReplicas, Whole: moving == 0}
		for i := range dayWorkers {
			// Of equals the policy lets the first by name go, and that is the last of them.
			worker := Worker{Name: fmt.Sprintf("w%02d", dayWorkers-i), Weight: 1, Capacity: gb, StartedSpare: i >= dayReplicas, Reported: true}
			// What there is of it: a part of the one that takes its share, or gives it up.
			part := max(0, min(1, serving-float64(i))) / serving
			worker.Used, worker.CPU, worker.Requests = int64(load.Used*part), load.CPU*part, load.Requests*part
			switch {
			case i < active:
				s.Active = append(s.Active, worker)
			default:
				if worker.Leaving = i == active && moving < 0; worker.Leaving {
					s.UnderWay = []string{worker.Name}
				}
				s.Spares = append(s.Spares, worker)
			}
		}
		decision, next := p.Decide(h, s)
		h = next
		switch {
		case decision.Kind == Activate && moving < 0: // as far as it has come, and back
			active, moving = active+1, 1
			moveFrom, moveTo = now.Add(now.Sub(moveTo)), now.Add(now.Sub(moveFrom))
			d.activated, d.back = d.activated+1, d.back+1
			continue
		case decision.Kind == Activate:
			active, moving = active+1, 1
			d.activated++
		case decision.Kind == Spare:
			active, moving = active-1, -1
			d.spared++
			d.leaves = append(d.leaves, now.Sub(begin).Seconds())
		}
		if decision.Kind == Activate || decision.Kind == Spare {
			moveFrom = now
			moveTo = now.Add(time.Duration(load.Used / float64(max(active, active-moving)) / w.nic * float64(time.Second)))
			d.move = max(d.move, moveTo.Sub(moveFrom))
		}

		mean := offered.add(load)
		d.oracle += float64(needed(mean, p)) * step.Hours()
		d.hours += powered * step.Hours()
		per := served.add(Totals{CPU: load.CPU / serving, Used: load.Used / gb / serving})
		if per.CPU > p.CPU.High || per.Used > p.Memory.High {
			above += step
		} else {
			above = 0
		}
		d.above = max(d.above, above)
	}
	return d
}

// needed is how many workers keep load below the high marks.
func needed(load Totals, p Policy) int {
	return max(dayReplicas, int(math.Ceil(max(load.CPU/p.CPU.High, load.Used/gb/p.Memory.High))))
}

// sliding is the mean of the last so many loads.
type sliding struct {
	length int
	seen   []Totals
	sum    Totals
}

func (s *sliding) add(t Totals) Totals {
	if len(s.seen) == s.length {
		s.sum.CPU -= s.seen[0].CPU
		s.sum.Used -= s.seen[0].Used
		s.seen = s.seen[1:]
	}
	s.seen = append(s.seen, t)
	s.sum.CPU += t.CPU
	s.sum.Used += t.Used
	n := float64(len(s.seen))
	return Totals{CPU: s.sum.CPU / n, Used: s.sum.Used / n}
}

// checkDay fails t for each goal that d misses.
func checkDay(t *testing.T, seed uint64, p Policy, d day) {
	t.Helper()
	if limit := p.CoolDown + d.move; d.above > limit {
		t.Errorf("day %d: above a mark for %v, longer than a cool-down and a move, %v", seed, d.above, limit)
	}
	if ratio := d.hours / d.oracle; ratio > goalHours {
		t.Errorf("day %d: %.1f worker-hours, %.3f times the oracle's %.1f, more than %.1f", seed, d.hours, ratio, d.oracle, goalHours)
	}
	if d.activated == 0 || d.spared == 0 {
		t.Errorf("day %d: %d activated, %d made spares: no day", seed, d.activated, d.spared)
	}
}

// A day in which the load swings by 60 %, with noise and a spike.
func TestDay(t *testing.T) {
	p := testPolicy()
	for seed := range uint64(3) {
		checkDay(t, seed, p, playDay(newWeather(seed), p, 5*time.Second))
	}
}

// TestFigureDay prints what days show, played second by second:
//
//	go test ./autoscale -run TestFigureDay -v -days 20
func TestFigureDay(t *testing.T) {
	if *daySeeds < 1 {
		t.Skip("a measurement, not a test: run it with -days N, N days")
	}
	p := testPolicy()
	fmt.Fprintln(t.Output(), "day | worker-hours  oracle's  ratio | longest above a mark | cool-down + move |   on    off")
	var ratios, above []float64
	for seed := range uint64(*daySeeds) {
		d := playDay(newWeather(seed), p, time.Second)
		checkDay(t, seed, p, d)
		fmt.Fprintf(t.Output(), "%3d | %12.1f  %8.1f  %5.3f | %18.0f s | %14.0f s | %5d %7d\n",
			seed, d.hours, d.oracle, d.hours/d.oracle, d.above.Seconds(), (p.CoolDown + d.move).Seconds(), d.activated, d.spared)
		ratios = append(ratios, d.hours/d.oracle)
		above = append(above, d.above.Seconds())
	}
	slices.Sort(ratios)
	slices.Sort(above)
	n := len(ratios)
	fmt.Fprintf(t.Output(), "median and worst: %.3f and %.3f times the oracle's worker-hours; above a mark for %.0f and %.0f s\n", ratios[n/2], ratios[n-1], above[n/2], above[n-1])
}

// The load rises all at once when a worker has just begun to leave, which takes longer than a
// window.
func TestDayOfAStepDuringALeave(t *testing.T) {
	const seed = 2
	p, back := testPolicy(), 0
	spiked := func(at float64) *weather {
		w := newWeather(seed)
		w.nic = dayNIC / 4
		w.spikeAt, w.spikeTo, w.spike, w.ramp = at, at+1200, 0.85, 0.1
		return w
	}
	for _, at := range playDay(spiked(2*86400), p, 5*time.Second).leaves {
		d := playDay(spiked(at+1), p, 5*time.Second)
		checkDay(t, seed, p, d)
		back += d.back
		if d.back > 0 && d.above > 2*p.Window {
			t.Errorf("at %.0f s: above a mark for %v, though one was called back", at, d.above)
		}
	}
	if back == 0 {
		t.Error("nobody was called back: nothing is shown")
	}
}
