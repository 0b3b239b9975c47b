package report

import (
	"math"

	"pikv/bench/study"
)

// resource is something that may be used up.
type resource struct {
	column string
	words  string                      // in a sentence, with its verb
	use    func(p study.Point) float64 // a share; NaN if it is not known, or has no limit
	kind   resourceKind
}

type resourceKind int

const (
	ofStore resourceKind = iota
	ofGenerator
	ofAll // what the others use together
)

// resources returns what a target has of it.
func (d *Data) resources(t study.Target) []resource {
	generator := func(p study.Point) float64 {
		if p.GeneratorShare < 0 {
			return math.NaN()
		}
		return share(p.GeneratorShare)
	}
	if t.Kind == study.KindMachine { // one computer has them all, without NICs
		has := func(p study.Point) float64 { return p.Elapsed * float64(max(d.Run.Machine.Cores, 1)) }
		busy := func(p study.Point) float64 { return share(1 - p.Idle/100) }
		return []resource{
			{"master", "the master takes", func(p study.Point) float64 { return share(p.MasterCPU / has(p)) }, ofStore},
			{"workers", "the workers take", func(p study.Point) float64 { return share(p.WorkerCPU / has(p)) }, ofStore},
			{"generator", "the load generator takes", generator, ofGenerator},
			// Much of it says that something ran beside the study, which the figures show then.
			{"kernel and others", "the kernel and other programs take", func(p study.Point) float64 { return share(busy(p) - p.CPU/has(p) - max(0, p.GeneratorShare)) }, ofStore},
			{"all processors", "the processors, which all share, are", busy, ofAll},
		}
	}
	return []resource{
		{"master's processors", "the master's processors are", d.masterUse, ofStore},
		{"workers' processors", "the workers' processors are", d.workersUse, ofStore},
		{"master's NIC", "the master's NIC is", masterNIC(t), ofStore},
		{"workers' NICs", "the workers' NICs are", workersNIC(t), ofStore},
		{"generator", "the load generator is", generator, ofGenerator},
	}
}

// masterNIC and workersNIC return how much of what interfaces carry the values need, in
// the way that has more of them: not the frames, keys and acknowledgements around them.
func masterNIC(t study.Target) func(study.Point) float64 {
	return func(p study.Point) float64 {
		if t.NICBits <= 0 {
			return math.NaN()
		}
		if p.Mode != study.Proxied {
			return 0
		}
		return share(8e6 * p.MBPerSecond() / t.NICBits) // each value comes in and goes out
	}
}

func workersNIC(t study.Target) func(study.Point) float64 {
	return func(p study.Point) float64 {
		if t.NICBits <= 0 {
			return math.NaN()
		}
		one := 8e6 * p.MBPerSecond() / float64(p.Workers)
		if p.Op == study.Mix {
			one /= 2 // those that are written come in, those that are read go out
		}
		return share(one / t.NICBits)
	}
}
