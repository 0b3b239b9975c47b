package report

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pikv/bench/study"
)

// A played run has points that follow from a few simple rules, which its tests
// bend: it was never measured.
type played struct {
	*Data
	nic   float64 // bytes per second
	limit float64 // requests per second that the master passes
}

const (
	playedPis = "pis=5:2B"
	playedX86 = "x86"
)

// play makes a run of everything, in which the store does what was promised.
func play() *played {
	return &played{Data: &Data{Run: study.Run{
		Version: "test", Commit: "0000000", Started: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC), Done: true,
		Machine: study.Machine{Model: "Intel(R) Xeon(R) Processor @ 2.80GHz", Cores: 2, Kernel: "6.1", CoreSpeed: 1},
		Targets: []study.Target{
			{Name: playedX86, Kind: study.KindMachine, Nodes: 1, Dilation: 1, CoreSpeed: 1},
			{Name: playedPis, Kind: study.KindSimulated, Model: "Raspberry Pi 2B", Nodes: 5, Dilation: 3, NICBits: 94.4e6, CoreShare: 0.16, CoreSpeed: 0.12, MemoryBytes: 1 << 30},
		},
		Figures: []string{"F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10"},
	}}, nic: 11.8e6, limit: 6000}
}

// rate is what workers serve through a way, in requests per second.
func (p *played) rate(target, mode string, workers int) float64 {
	rate := 5000 * float64(workers)
	if mode == study.Proxied {
		rate = min(rate, p.limit)
	}
	if target == playedX86 {
		rate = 40000
	}
	return rate
}

// add makes repeats of a point whose requests take mean ms.
func (p *played) add(at study.Point, repeats int, mean, rate float64) {
	t, _ := p.Run.Target(at.Target)
	for i := range repeats {
		wobble := 1 + 0.04*math.Sin(float64(i+len(p.Points)))
		at.Repeat, at.Dilation = i+1, t.Dilation
		at.Mean, at.P50, at.P99, at.Max = 1000*mean*wobble, 900*mean*wobble, 2500*mean*wobble, 5000*mean*wobble
		at.Elapsed = float64(at.Ops) / rate * wobble
		at.CPU = float64(at.Ops) * 50e-6
		at.MasterCPU, at.WorkerCPU = 0, at.CPU
		if at.Mode == study.Proxied {
			at.MasterCPU = at.CPU / 2
			at.WorkerCPU = at.CPU / 2
		}
		at.GeneratorShare, at.Idle = 0.3, 40
		p.Points = append(p.Points, at)
	}
}

// all adds every figure.
func (p *played) all() *played {
	for _, t := range p.Run.Targets {
		for _, mode := range []string{study.Direct, study.Proxied} {
			p.small(t.Name, mode)
			p.large(t, mode)
			for _, event := range []string{study.Kill, study.Join, study.Drain, study.Wake} {
				p.timeline(t.Name, mode, event, 0)
			}
		}
		p.stores(t)
	}
	return p
}

// small adds what is about small values.
func (p *played) small(target, mode string) {
	base := study.Point{Target: target, Store: study.Pikv, Mode: mode, Replicas: 1, ValueBytes: 128, Op: study.Mix}
	for w := 1; w <= 4; w++ {
		rate := p.rate(target, mode, w)
		at := base
		at.Figure, at.Workers, at.Measure, at.Ops = "F1", w, study.Latency, 1024
		for _, c := range []int{5, 10, 20, 40, 60, 80, 100} {
			at.Clients = c
			if w > 1 {
				p.add(at, 5, 1000*float64(c)/rate, rate)
			}
		}
		at.Clients, at.Measure, at.Ops = 100, study.Throughput, int64(10*rate)
		p.add(at, 3, 100000/rate, rate)
		at.Figure, at.Op = "F6", study.Get
		p.add(at, 3, 100000/rate, rate)
		at.Figure = "F10"
		for _, size := range []int{128, 1000, study.Megabyte} {
			if mode == study.Direct {
				at.ValueBytes, at.Ops = size, int64(10*min(rate, float64(w)*p.nic/float64(size)))
				p.add(at, 2, 1000, float64(at.Ops)/10)
			}
		}
	}
	for r := 1; r <= 3; r++ {
		for _, op := range []string{study.Put, study.Get} {
			at := base
			at.Figure, at.Workers, at.Replicas, at.Clients, at.Op, at.Measure, at.Ops = "F8", 4, r, 20, op, study.Latency, 1024
			rate := p.rate(target, mode, 4)
			if op == study.Put {
				rate /= float64(r)
			}
			p.add(at, 5, 20000/rate, rate)
			at.Clients, at.Measure, at.Ops = 100, study.Throughput, int64(10*rate)
			p.add(at, 3, 100000/rate, rate)
		}
	}
}

// large adds F4 and F5: what the interfaces allow, and 5 ms.
func (p *played) large(t study.Target, mode string) {
	nic := p.nic
	if t.NICBits == 0 {
		nic = 1e9
	}
	at := study.Point{Target: t.Name, Store: study.Pikv, Mode: mode, Workers: 2, Replicas: 1, Clients: 10, Op: study.Get, Measure: study.Latency, Figure: "F4"}
	through := nic * interfaces(at)
	for size := 1; size <= study.Megabyte; size *= 10 {
		at.ValueBytes, at.Ops = size, 100
		mean := 5 + 1000*10*float64(size)/through
		p.add(at, 5, mean, 10000/mean)
	}
	at.Figure, at.Clients, at.Op, at.Ops = "F5", 32, study.Put, 256
	p.add(at, 5, 500, through/study.Megabyte/1.05)
}

// stores adds F9.
func (p *played) stores(t study.Target) {
	for i, store := range []string{study.Pikv, study.Redis, study.Memcached} {
		speed := 1 + 0.1*float64(i)
		at := study.Point{Figure: "F9", Target: t.Name, Store: store, Mode: study.Direct, Workers: 4, Replicas: 1, ValueBytes: 128, Op: study.Mix, Measure: study.Latency, Ops: 1024}
		for _, c := range []int{5, 100} {
			at.Clients = c
			p.add(at, 5, 1000*float64(c)/(20000*speed), 20000*speed)
		}
		at.Measure, at.Ops = study.Throughput, 200000
		p.add(at, 3, 5, 20000*speed)
		at.Measure, at.Op, at.ValueBytes, at.Workers, at.Clients, at.Ops = study.Latency, study.Put, study.Megabyte, 2, 32, 256
		p.add(at, 3, 500, 2*p.nic/study.Megabyte/1.05)
	}
}

// timeline adds a timeline of F7 that halves for half a second.
func (p *played) timeline(target, mode, event string, failed int64) {
	for ms := 100.0; ms <= 10000; ms += 100 {
		s := study.Sample{Target: target, Mode: mode, Event: event, At: ms, Due: 2000, Rate: 2000, P99: 3000}
		if ms > 4000 && ms <= 4500 {
			s.Rate, s.P99, s.Failed = 900, 80000, failed
		}
		p.Samples = append(p.Samples, s)
	}
	p.Samples = append(p.Samples, study.Sample{Target: target, Mode: mode, Event: event, At: 4000, Moment: "w2: " + event},
		study.Sample{Target: target, Mode: mode, Event: event, At: 6000, Moment: "all is synced again"})
}

// find returns the figure called id.
func find(t *testing.T, r *Report, id string) Figure {
	t.Helper()
	for _, f := range r.Figures {
		if f.ID == id {
			return f
		}
	}
	t.Fatalf("no figure %s", id)
	return Figure{}
}

// built is Build at a fixed time.
func built(p *played) *Report { return Build(p.Data, time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)) }

// verdictOf returns what became of a claim.
func verdictOf(r *Report, id string) string {
	for _, c := range r.Claims {
		if c.ID == id {
			return fmt.Sprintf("%s: %s", c.Verdict, c.Why)
		}
	}
	return "no claim"
}
