package stage

import (
	"context"
	"fmt"
	"runtime"

	"pikv/bench/study"
)

// NameMachine is the target that is this machine as it is.
const NameMachine = "x86"

// machine runs everything on this machine, on loopback.
type machine struct {
	hosts Hosts
	model string
}

// machineWorkers is as many as the figures have.
const machineWorkers = 4

// NewMachine returns the stage that is this machine, whose processor is called model.
// pikvd is the daemon's binary.
func NewMachine(model, pikvd string) Stage {
	m := &machine{hosts: Hosts{Pikvd: pikvd, Dilation: 1}, model: model}
	for range 1 + machineWorkers {
		m.hosts.All = append(m.hosts.All, Host{IP: "127.0.0.1"})
	}
	return m
}

// Target implements Stage.
func (m *machine) Target() study.Target {
	return study.Target{
		Name: NameMachine, Kind: study.KindMachine, Model: m.model, Nodes: 1, Dilation: 1, CoreSpeed: 1,
		Notes: []string{
			fmt.Sprintf("The master, the workers and the load generator are processes on one computer and share its %d processors; they talk over loopback, which has no NIC's limit.", runtime.NumCPU()),
		},
	}
}

// Limits implements Stage.
func (m *machine) Limits() study.Limits { return study.Limits{Most: machineWorkers} }

// Cores implements Stage.
func (m *machine) Cores() float64 { return float64(runtime.NumCPU()) }

// Open implements Stage: there is nothing to make.
func (m *machine) Open(context.Context) error { return nil }

// Start implements Stage.
func (m *machine) Start(ctx context.Context, w Wanted) (Cluster, error) {
	return Start(ctx, m.hosts, w)
}

// Close implements Stage: nothing was made.
func (m *machine) Close() error { return nil }

// Start starts a store on hosts.
func Start(ctx context.Context, hosts Hosts, w Wanted) (Cluster, error) {
	switch w.Store {
	case study.Pikv:
		return StartPikv(ctx, hosts, w)
	case study.Redis, study.Memcached:
		return startRival(ctx, hosts, w)
	default:
		return nil, fmt.Errorf("start %s: %w", w.Store, ErrNotHere)
	}
}
