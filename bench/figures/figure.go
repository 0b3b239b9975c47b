package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A figure measures something and returns its section of the report.
type figure struct {
	name  string
	title string
	run   func(ctx context.Context, effort effort) (section, error)
	named bool // measured only by name: it takes half an hour
	quick bool // it can be had in short
}

// effort says how long to measure.
type effort bool

// In short a figure shows that it can be measured, not what it is.
const (
	inFull  effort = false
	inShort effort = true
)

// pick returns what belongs to the effort.
func pick[T any](e effort, full, short T) T {
	if e == inShort {
		return short
	}
	return full
}

// section is what a figure has to say.
type section struct {
	text string
	data *table // what was measured, for a file of its own; nil for none
}

// text makes a figure of what measures in full only, and has no file.
func text(run func(ctx context.Context) (string, error)) func(context.Context, effort) (section, error) {
	return func(ctx context.Context, _ effort) (section, error) {
		text, err := run(ctx)
		return section{text: text}, err
	}
}

var figures = []figure{
	{name: "placement", title: "Placement", run: text(placementFigure)},
	{name: "scaleday", title: "A day of scaling, simulated", run: text(scaleDayFigure)},
	{name: "peers", title: "Beside a bare socket, Redis and memcached", run: peersFigure, quick: true},
	{name: "redis", title: "Redis clients", run: redisFigure, quick: true},
	{name: "store", title: "The store alone", run: storeFigure},
	{name: "wire", title: "The messages alone", run: wireFigure},
	{name: "memory", title: "Memory", run: memoryFigure, quick: true},
	{name: "moves", title: "Moves under load", run: sheeted(movesFigure)},
	{name: "shares", title: "Shares of keys and requests", run: sheeted(sharesFigure)},
	{name: "large", title: "Large values", run: largeFigure, quick: true},
	{name: "pauses", title: "Garbage collection", run: pausesFigure, quick: true},
	{name: "proxy", title: "Direct against proxied", run: sheeted(proxyFigure)},
	{name: "proxycpu", title: "What a proxied request costs", run: proxyCPUFigure, quick: true},
	{name: "simulation", title: "Simulated schedules", run: text(simulationFigure), named: true},
	{name: "chaos", title: "Faults", run: text(chaosFigure), named: true},
	{name: "failover", title: "Failover", run: onHosts("Failover")},
	{name: "scaling", title: "A spare is activated", run: onHosts("Scaling")},
	{name: "masteraway", title: "The master away", run: onHosts("MasterAway")},
	{name: "repair", title: "Repair on slow links", run: onHosts("Repair")},
	{name: "rollout", title: "Ansible", run: sheeted(rolloutFigure), named: true},
	{name: "binaries", title: "What is installed", run: sheeted(binariesFigure)},
	{name: "zeroconf", title: "Workers that are told no address", run: onHosts("ZeroConf")},
	{name: "replication", title: "What replication costs", run: replicationFigure},
	{name: "idle", title: "An idle cluster", run: idleFigure},
}

// wanted reports whether the figure is to be measured.
func (f figure) wanted(only string, e effort) bool {
	if e == inShort && !f.quick {
		return false
	}
	if only == "" {
		return !f.named
	}
	return strings.Contains(","+only+",", ","+f.name+",")
}

// checkNames refuses names that no figure has: nothing would be measured, and
// nobody told.
func checkNames(only string) error {
	for name := range strings.SplitSeq(only, ",") {
		if name != "" && !slices.ContainsFunc(figures, func(f figure) bool { return f.name == name }) {
			return fmt.Errorf("there is no figure %q, but %s", name, names())
		}
	}
	return nil
}

// names lists the figures.
func names() string {
	var all []string
	for _, f := range figures {
		all = append(all, f.name)
	}
	return strings.Join(all, ", ")
}
