package main

import (
	"errors"
	"fmt"
	"net/netip"

	"pikv/autoscale"
	"pikv/membership"
	"pikv/placement"
	"pikv/wire"
)

// minMemory is the least that --max-memory may name: below it the bookkeeping
// of the partitions takes the greater part.
const minMemory = 8 << 20

// fill finds what depends on the machine or on other options and what nobody
// has said. Options in failed have been reported already.
func (c *config) fill(m machine, failed map[string]bool) (wrong problems) {
	if c.name == "" && !failed["name"] {
		c.name = m.hostname
		if err := checkName(c.name, maxName); err != nil {
			wrong = append(wrong, fmt.Errorf("--name: give one, since the host's name %w", err))
		}
	}
	if c.dataDir == "" {
		c.dataDir = m.defaultDataDir()
	}
	if c.maxMemory == unset {
		c.maxMemory = m.defaultMemory()
	}
	if c.maxValue == unset {
		c.maxValue = min(wire.MaxValue, max(c.maxMemory, 1))
	}
	if c.gossipKeyFile != "" {
		key, warning, err := readGossipKey(c.gossipKeyFile)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("--gossip-key-file: %w", err))
		}
		if warning != "" {
			c.warnings = append(c.warnings, warning)
		}
		c.gossipKey = key
	}
	users, warnings, errs := readPasswords(c.requirepassFile, c.usersFile)
	c.users = users
	c.warnings, wrong = append(c.warnings, warnings...), append(wrong, errs...)
	if warning := debugWarning(c.debugAddr); warning != "" && !failed["debug-addr"] {
		c.warnings = append(c.warnings, warning)
	}
	return wrong
}

// validate checks ranges and relations and reports every problem. A check is
// left out when an option that it needs has failed to parse.
func (c *config) validate(m machine, failed map[string]bool) (wrong problems) {
	check := func(option string, holds bool, format string, args ...any) {
		if !holds && !failed[option] {
			wrong = append(wrong, fmt.Errorf("--"+option+": "+format, args...))
		}
	}
	master, worker := c.role == membership.RoleMaster, c.role == membership.RoleWorker

	check("role", c.role != "", "say what this node is to be: master or worker")
	check("gossip-port", c.gossipPort == 0 || c.gossipPort != c.rpcPort || failed["rpc-port"],
		"%d is also --rpc-port; both listen on TCP", c.gossipPort)
	check("resp-port", c.respPort <= 0 || (c.respPort != c.rpcPort || failed["rpc-port"]) && (c.respPort != c.gossipPort || failed["gossip-port"]),
		"%d is also --rpc-port or --gossip-port; all three listen on TCP", c.respPort)
	check("resp-proxy", !c.respProxy || !worker, "only a master serves what others hold")
	check("resp-proxy", !c.respProxy || c.respPort != 0 || failed["resp-port"], "give a --resp-port to serve on")
	check("join", !worker || len(c.join) > 0 || c.discover || failed["discover"], "%w", errNoSeed)
	check("join", !worker || len(c.join) > 0 || !bindsLoopback(c.bind) || !c.discover, "%w, for on %s nobody is found by multicast DNS", errNoSeed, c.bind)
	check("recover", !c.recover || !worker, "only a master has a view to recover")
	check("spare", !c.spare || !master, "a master holds no data: only a worker can be a spare")
	check("data-dir", !master || c.dataDir != "", "give a folder: this user has none for state (no HOME)")
	if err := placement.CheckPartitions(c.partitions); err != nil {
		check("partitions", false, "%w", err)
	}
	scaled := failed["autoscale"] || failed["scale-memory"] || failed["scale-cpu"] || failed["scale-requests"] || failed["scale-window"] || failed["scale-cooldown"] || failed["min-workers"]
	if err := c.scaling.Validate(); err != nil && !scaled {
		wrong = append(wrong, each(err)...)
	}
	check("autoscale", c.scaling.Mode == autoscale.Off || !worker, "only a master knows the load of all")
	check("replicas", c.replicas >= 1 && c.replicas <= placement.MaxReplicas, "%d is not from 1 to %d", c.replicas, placement.MaxReplicas)
	check("max-memory", c.maxMemory >= minMemory, "%s is too little; the least is %s", formatSize(c.maxMemory), formatSize(minMemory))
	check("max-memory", m.ram == 0 || c.maxMemory <= m.ram, "%s is more than the %s of RAM here", formatSize(c.maxMemory), formatSize(m.ram))
	check("max-memory", c.maxMemory <= m.mostMemory(), "%s is more than the %s for which a 32-bit process has addresses", formatSize(c.maxMemory), formatSize(m.mostMemory()))
	check("max-value", c.maxValue >= 1 && c.maxValue <= wire.MaxValue, "%s is not from 1 B to %s", formatSize(c.maxValue), formatSize(wire.MaxValue))
	check("max-value", c.maxValue <= c.maxMemory || failed["max-memory"],
		"%s would never fit into --max-memory of %s", formatSize(c.maxValue), formatSize(c.maxMemory))
	check("max-conns", c.maxConns >= 1, "%d is less than 1", c.maxConns)
	return wrong
}

// bindsLoopback reports whether bind is an address that only this machine reaches.
func bindsLoopback(bind string) bool {
	ip, err := netip.ParseAddr(bind)
	return err == nil && ip.IsLoopback()
}

// each returns the errors that err joins.
func each(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// errNoSeed is what a worker without seeds is told.
var errNoSeed = errors.New("a worker needs the address of a node of its cluster, such as the master's: " +
	"--join 192.168.1.10 (port 7746 unless given), --join pikv.example.org, or --join @FILE with one address a line")
