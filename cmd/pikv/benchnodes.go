package main

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"pikv/bench/proc"
	"pikv/client"
	"pikv/wire"
)

// nodeProcesses are the processes of the nodes that a benchmark's requests go
// to: all of them, or none when one cannot be observed.
type nodeProcesses []int

// findNodes looks for the processes on this machine that own the nodes'
// addresses.
func findNodes(ctx context.Context, c *client.Client, proxy bool) nodeProcesses {
	members, err := c.Members(ctx)
	if err != nil {
		return nil
	}
	return processesOf(members, proxy, func(addr netip.AddrPort) (int, string, error) {
		pid, err := proc.Listener(addr)
		if err != nil {
			return 0, "", err
		}
		name, err := proc.Name(pid)
		return pid, name, err
	})
}

// processesOf returns the processes of the workers that hold data, and of the
// master if requests go through it. listener says who listens at an address: a
// pikvd, or something in between, such as a tunnel, whose time is not the node's.
func processesOf(members []wire.MemberStatus, proxy bool, listener func(netip.AddrPort) (pid int, name string, err error)) (all nodeProcesses) {
	for _, m := range members {
		if takesPart := m.Role == roleWorker && m.Replicas > 0 || m.Role == roleMaster && proxy; !takesPart {
			continue
		}
		addr, err := netip.ParseAddrPort(m.Addr)
		if err != nil {
			return nil
		}
		pid, name, err := listener(addr)
		if err != nil || !strings.HasPrefix(name, "pikvd") {
			return nil
		}
		if !slices.Contains(all, pid) { // `pikvd dev` is several nodes
			all = append(all, pid)
		}
	}
	return all
}

// cpu returns the processor time that the processes have used so far, all
// together, and a negative one if that is unknown.
func (n nodeProcesses) cpu() (sum time.Duration) {
	for _, pid := range n {
		cpu, err := proc.CPU(pid)
		if err != nil {
			return -1
		}
		sum += cpu
	}
	return sum
}

// used returns what the processes used since a reading before, and how many
// they are: none if it is unknown.
func (n nodeProcesses) used(before time.Duration) (processes int, used time.Duration) {
	after := n.cpu()
	if before < 0 || after < before {
		return 0, 0
	}
	return len(n), after - before
}
