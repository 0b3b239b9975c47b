package report

import (
	"errors"
	"fmt"
	"math"

	"pikv/bench/power"
	"pikv/bench/study"
)

// A server stands for the machine that a run was on: nobody can ask that what it
// draws, and often it is a part of a larger one.
const (
	serverModel      = "Xeon E5-2690 v3 server"
	serverPriceModel = "FAWN's traditional node" // nobody gave the price of the former
)

// errNoModel is returned for a target whose computers are not known.
var errNoModel = errors.New("its computers are not in the table of machines")

// machineOf returns the line of the table for a computer of a target.
func machineOf(t study.Target) (power.Machine, error) {
	if t.Kind == study.KindMachine {
		return power.Lookup(serverModel)
	}
	m, err := power.LookupSized(t.Model, int(t.MemoryBytes/1e6))
	if err != nil {
		return power.Machine{}, fmt.Errorf("%w: %w", errNoModel, err)
	}
	return m, nil
}

// nodesOf returns the computers that served p, as busy as they were. A machine that
// runs everything is one, stood for by a server of which only so much is busy.
func (d *Data) nodesOf(p study.Point) ([]power.Node, error) {
	t, _ := d.Run.Target(p.Target)
	m, err := machineOf(t)
	if err != nil {
		return nil, err
	}
	if p.Elapsed <= 0 {
		return nil, errors.New("it took no time")
	}
	if t.Kind == study.KindMachine {
		return []power.Node{{Machine: m, Use: share(p.CPU * d.serverSpeed(m) / (p.Elapsed * float64(m.Cores)))}}, nil
	}
	has := p.Elapsed * processorsOf(t, m, p)
	var nodes []power.Node
	if p.Store == study.Pikv { // the others have no master
		nodes = append(nodes, power.Node{Machine: m, Use: share(p.MasterCPU / has)})
	}
	for range p.Workers {
		nodes = append(nodes, power.Node{Machine: m, Use: share(p.WorkerCPU / (has * float64(p.Workers)))})
	}
	return nodes, nil
}

// processorsOf returns how many seconds of processor time, as points count it, a computer
// of a target has in a second of p.
func processorsOf(t study.Target, m power.Machine, p study.Point) float64 {
	if t.CoreShare > 0 {
		return t.CoreShare * max(p.Dilation, 1)
	}
	return float64(m.Cores)
}

// usesOf returns how busy the processors were: the master's, and those of the workers on
// average. An idle master beside busy workers is no cluster that is half idle. On a single
// machine both are shares of the server that stands for it. NaN for what is not known.
func (d *Data) usesOf(p study.Point) (master, workers float64) {
	t, _ := d.Run.Target(p.Target)
	m, err := machineOf(t)
	if err != nil || p.Elapsed <= 0 || p.Workers == 0 {
		return math.NaN(), math.NaN()
	}
	if t.Kind == study.KindMachine {
		has := p.Elapsed * float64(m.Cores) / d.serverSpeed(m)
		return share(p.MasterCPU / has), share(p.WorkerCPU / has)
	}
	has := p.Elapsed * processorsOf(t, m, p)
	master, workers = share(p.MasterCPU/has), share(p.WorkerCPU/(has*float64(p.Workers)))
	if t.Kind == study.KindCluster { // its workers alone say what they use
		master = math.NaN()
	}
	return master, workers
}

// serverSpeed returns the speed of a core of the machine that ran relative to one
// of the server that stands for it, 1 if it is not known.
func (d *Data) serverSpeed(server power.Machine) float64 {
	if d.Run.Machine.CoreSpeed <= 0 {
		return 1
	}
	return d.Run.Machine.CoreSpeed / server.CoreSpeed
}

// share brings what rounding has put outside back between 0 and 1.
func share(x float64) float64 { return min(max(x, 0), 1) }

// perJouleOf returns requests per joule of a point, NaN if the table does not have
// what it takes.
func (d *Data) perJouleOf(basis power.Basis) func(study.Point) float64 {
	return func(p study.Point) float64 {
		watts, err := d.wattsOf(p, basis)
		if err != nil {
			return math.NaN()
		}
		return power.PerJoule(p.PerSecond(), watts)
	}
}

// wattsOf returns what the computers and switches of a point draw.
func (d *Data) wattsOf(p study.Point, basis power.Basis) (float64, error) {
	nodes, err := d.nodesOf(p)
	if err != nil {
		return 0, err
	}
	draw, err := power.Watts(basis, nodes)
	if err != nil {
		return 0, err
	}
	return draw.Total(), nil
}

// costOf returns what the computers and switches of a point cost.
func (d *Data) costOf(p study.Point) (power.Cost, error) {
	nodes, err := d.nodesOf(p)
	if err != nil {
		return power.Cost{}, err
	}
	t, _ := d.Run.Target(p.Target)
	var machines []power.Machine
	for _, n := range nodes {
		m := n.Machine
		if t.Kind == study.KindMachine {
			priced, err := power.Lookup(serverPriceModel)
			if err != nil {
				return power.Cost{}, err
			}
			m.Price, m.PriceDate = priced.Price, priced.PriceDate
		}
		machines = append(machines, m)
	}
	return power.Price(machines)
}

// perDollarOf returns requests per second and dollar of a point, NaN if a price is
// not known.
func (d *Data) perDollarOf(p study.Point) float64 {
	cost, err := d.costOf(p)
	if err != nil {
		return math.NaN()
	}
	return power.PerDollar(p.PerSecond(), cost)
}

// whole returns p as if the server that stands for the machine were busy in all
// its cores with the same work: a projection by processor time alone.
func (d *Data) whole(p study.Point) study.Point {
	server, err := power.Lookup(serverModel)
	if err != nil || p.CPU <= 0 || p.Ops == 0 {
		p.Elapsed = 0
		p.Ops = 0
		return p
	}
	perRequest := p.CPU * d.serverSpeed(server) / float64(p.Ops)
	p.Ops = int64(p.Elapsed * float64(server.Cores) / perRequest)
	more := p.Elapsed * float64(server.Cores) / d.serverSpeed(server) / p.CPU
	p.CPU, p.MasterCPU, p.WorkerCPU = p.CPU*more, p.MasterCPU*more, p.WorkerCPU*more
	return p
}
