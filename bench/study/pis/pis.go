// Package pis plays small computers on this machine, for the study: each has a network
// namespace with a NIC as fast as the model's, and a control group with as much
// processor time and memory as the model has. Linux and root only.
//
// Where this machine is too small for all of them they are slowed down together,
// processors and NICs, and what is measured is scaled back: time dilation. What goes by
// a clock of its own, such as a lease, is not slowed down.
package pis

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"pikv/bench/power"
	"pikv/bench/study"
	"pikv/bench/study/cgroup"
	"pikv/bench/study/stage"
	"pikv/testcluster/lan"
)

// Prefix begins the names of targets that are played: "pis=5:2B" is five of a model.
const Prefix = "pis="

// Pis is a stage of simulated computers.
type Pis struct {
	target study.Target
	model  power.Machine
	fit    fit
	hosts  stage.Hosts // made by Open, but for All
	lan    *lan.LAN
	nodes  []*lan.Host // the master's first
	client *lan.Host
	groups *cgroup.Tree
}

var _ stage.Stage = (*Pis)(nil)

// New returns the stage of a target, slowed down by dilate, or as much as it must be if
// that is 0. machine is this one, and pikvd the daemon's binary.
func New(target string, dilate float64, machine study.Machine, pikvd string) (*Pis, error) {
	number, name, ok := strings.Cut(strings.TrimPrefix(target, Prefix), ":")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 2 || n > most {
		return nil, fmt.Errorf("--target %s: say how many of which, such as %s5:2B: a master and at least one worker, at most %d of them", target, Prefix, most)
	}
	model, err := power.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("--target %s: %w", target, err)
	}
	if model.CoreSpeed == 0 || model.NICMbit == 0 || model.Cores == 0 || model.Memory == 0 {
		return nil, fmt.Errorf("--target %s: of %s it is not known how fast it is", target, model.Model)
	}
	p := &Pis{model: model, fit: fit{n, float64(model.Cores) * model.CoreSpeed / machine.CoreSpeed, float64(machine.Cores)}}
	if dilate == 0 {
		dilate = p.fit.dilation()
	}
	if err := errors.Join(p.fit.check(dilate), missing()); err != nil {
		return nil, fmt.Errorf("--target %s: %w", target, err)
	}
	p.hosts = stage.Hosts{Pikvd: pikvd}
	p.target = study.Target{
		Name: target, Kind: study.KindSimulated, Model: model.Model, Nodes: n, Dilation: dilate,
		CoreShare: p.fit.share / dilate, CoreSpeed: model.CoreSpeed / machine.CoreSpeed, MemoryBytes: int64(model.Memory) << 20,
		Notes: p.notes(dilate),
	}
	return p, nil
}

// most is how many computers a network has addresses for, and more than any figure needs.
const most = 100

// notes are what a reader must know of the figures.
func (p *Pis) notes(dilation float64) []string {
	notes := []string{
		fmt.Sprintf("Simulated: each computer is a process of this machine's own kind (%s) in a network namespace and a control group.", runtime.GOARCH),
		fmt.Sprintf("A computer has %d cores of %.3f of one of this machine: its processor time is capped to that of all of them. A cap bounds what it does in a second, not how fast it does one thing: a single request is answered faster than by the real one.",
			p.model.Cores, p.fit.share/float64(p.model.Cores)),
		"The load generator is on a host of its own, without caps.",
		"A Redis server does its work in one thread: its cap is that of one core, within that of the computer. A server that has used up the cap stands still until the period ends, which a real core does not: latencies of a busy Redis show those stalls, its throughput and its processor time do not.",
		"F7 is not slowed down, since leases and heartbeats are not: there all computers together may have more than this machine has, and the load is far below that.",
	}
	if dilation > 1 {
		notes = append(notes, fmt.Sprintf("Processors and NICs are slowed down %g times, and times are scaled back. What goes by clocks is not: the cost of heartbeats is %g times what it is, and what waits for a timer waits %g times shorter than it would: TCP for a lost packet, but also the master before it gives up a request.", dilation, dilation, dilation))
	}
	return notes
}

// missing reports everything that this system lacks.
func missing() error {
	var errs []error
	if runtime.GOOS != "linux" {
		return errors.New("computers can be simulated only on Linux")
	}
	if os.Geteuid() != 0 {
		errs = append(errs, errors.New("it needs root, for network namespaces and control groups: run it by sudo, or measure --target x86"))
	}
	for _, c := range []struct{ command, from string }{{"ip", "iproute2"}, {"tc", "iproute2"}, {"nft", "nftables"}, {"nsenter", "util-linux"}} {
		if _, err := exec.LookPath(c.command); err != nil {
			errs = append(errs, fmt.Errorf("it needs %s, which Debian has in %s", c.command, c.from))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	tree, err := cgroup.New()
	if err != nil {
		return err
	}
	return tree.Close()
}

// Target implements stage.Stage.
func (p *Pis) Target() study.Target { return p.target }

// Limits implements stage.Stage.
func (p *Pis) Limits() study.Limits { return study.Limits{Most: p.target.Nodes - 1} }

// Cores implements stage.Stage.
func (p *Pis) Cores() float64 {
	return max(p.fit.cores-p.fit.needed()/p.target.Dilation, (1-mostPart)*p.fit.cores)
}

// Open implements stage.Stage.
func (p *Pis) Open(ctx context.Context) (err error) {
	// The network first: what a killed run has left to run dies with its network.
	if p.lan, err = lan.New(); err != nil {
		return err
	}
	if p.groups, err = cgroup.New(); err != nil {
		return err
	}
	for i := range p.target.Nodes {
		name := "master"
		if i > 0 {
			name = fmt.Sprintf("w%d", i)
		}
		h, err := p.lan.Host(name)
		if err != nil {
			return err
		}
		p.nodes = append(p.nodes, h)
	}
	if p.client, err = p.lan.Host("client"); err != nil {
		return err
	}
	p.hosts.Dial = p.client.Dial
	if err := p.limitNICs(p.target.Dilation); err != nil {
		return err
	}
	if p.target.NICs, err = p.measureNICs(ctx); err != nil {
		return err
	}
	p.target.NICBits = slowest(p.target.NICs)
	return nil
}

// Start implements stage.Stage.
func (p *Pis) Start(ctx context.Context, w stage.Wanted) (stage.Cluster, error) {
	dilation := p.target.Dilation
	if w.Undilated {
		dilation = 1
	}
	if err := p.limitNICs(dilation); err != nil {
		return nil, err
	}
	// Those of the last cluster, whose processes have ended.
	if err := p.groups.Clear(); err != nil {
		return nil, err
	}
	hosts := p.hosts
	hosts.Dilation = dilation
	for _, n := range p.nodes {
		h, err := p.host(n, dilation)
		if err != nil {
			return nil, err
		}
		hosts.All = append(hosts.All, h)
	}
	return stage.Start(ctx, hosts, w)
}

// host caps a computer.
func (p *Pis) host(n *lan.Host, dilation float64) (stage.Host, error) {
	whole, err := p.groups.Group(nil, n.Name, cgroup.Limits{Processors: p.fit.share / dilation, Memory: p.target.MemoryBytes})
	if err != nil {
		return stage.Host{}, err
	}
	all, err := p.groups.Group(whole, "all", cgroup.Limits{})
	if err != nil {
		return stage.Host{}, err
	}
	one, err := p.groups.Group(whole, "one", cgroup.Limits{Processors: p.fit.share / dilation / float64(p.model.Cores)})
	if err != nil {
		return stage.Host{}, err
	}
	return stage.Host{
		IP: n.Addr, Memory: p.target.MemoryBytes, Env: []string{fmt.Sprintf("GOMAXPROCS=%d", p.model.Cores)},
		Inside: func(command []string, processors int) []string {
			g := all
			if processors == 1 {
				g = one
			}
			return g.Inside(n.Inside(command...))
		},
	}, nil
}

// Close implements stage.Stage.
func (p *Pis) Close() error {
	var errs []error
	if p.lan != nil {
		errs = append(errs, p.lan.Close())
	}
	if p.groups != nil {
		errs = append(errs, p.groups.Close())
	}
	return errors.Join(errs...)
}
