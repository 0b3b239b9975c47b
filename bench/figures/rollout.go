package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// rolledOut is what the test of the playbooks measures: testcluster/rollout's measured.
type rolledOut struct {
	Site    float64   `json:"site"`
	Again   float64   `json:"again"`
	Upgrade underLoad `json:"upgrade"`
	Power   underLoad `json:"power"`
	Grow    float64   `json:"grow"`
	Shrink  underLoad `json:"shrink"`
}

type underLoad struct {
	Seconds  float64 `json:"seconds"`
	Requests float64 `json:"requests"`
	Failed   float64 `json:"failed"`
	Lost     float64 `json:"lost"`
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"`
}

// rolloutFigure times the playbooks against whole hosts with systemd.
func rolloutFigure(ctx context.Context) (*sheet, error) {
	if os.Geteuid() != 0 {
		return nil, errNeedsRoot
	}
	for _, program := range []string{"ansible-playbook", "debootstrap", "systemd-nspawn"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("%w: it needs %s (apt-get install ansible-core systemd-container debootstrap)", errSkipped, program)
		}
	}
	dir, err := os.MkdirTemp("", "pikv-figure-")
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "measured")
	// The bad input before it, and what comes after, take as long again and measure nothing.
	cmd := exec.CommandContext(ctx, "go", "test", "./testcluster/rollout", "-count=1", "-timeout", "25m", "-v",
		"-run", "^TestNetnsRollout$/^(Site|Upgrade|PowerCut|Grow|Shrink)$", "-measured", file)
	cmd.Env = append(os.Environ(), "PIKV_REQUIRE=root,hosts,rollout")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	var m rolledOut
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("measure: read what the test has measured: %w", err)
	}
	return rolloutSheet(m), nil
}

// rolloutSheet tells it.
func rolloutSheet(m rolledOut) *sheet {
	s := newSheet()
	s.say("The playbooks of ansible/, run by ansible-playbook on this machine against whole Debian 12 hosts with systemd (containers, all on this machine): a master and " +
		"three workers, later a fourth. Meanwhile a client writes and reads 200 times a second, 1000 keys of 1000 bytes; each answer is checked, and in the end each key. " +
		"One run.\n\n")
	seconds := func(name, goal string, v float64) tableRow {
		return tableRow{name: name, goal: goal, format: "%.1f s", values: []float64{v}}
	}
	s.table("time",
		seconds("site.yml, from booted, bare hosts to a cluster that serves", "less than 90 s", m.Site),
		seconds("site.yml once more: nothing changes", "", m.Again),
		seconds("upgrade.yml, from the commit before: three workers and the master", "", m.Upgrade.Seconds),
		seconds("one worker's power is cut, it boots, and all copies are made", "", m.Power.Seconds),
		seconds("site.yml with a worker more in the inventory", "", m.Grow),
		seconds("remove.yml: that worker hands over and is taken out", "", m.Shrink.Seconds),
	)
	for _, part := range []struct {
		name string
		load underLoad
	}{{"the upgrade", m.Upgrade}, {"the power cut", m.Power}, {"the removal", m.Shrink}} {
		s.say("\nRequests during %s:\n\n", part.name)
		row := func(name, goal, format string, v float64) tableRow {
			return tableRow{name: name, goal: goal, format: format, values: []float64{v}}
		}
		s.table(part.name,
			row("requests", "", "%.0f", part.load.Requests), row("failed", "0", "%.0f", part.load.Failed), row("keys lost or wrong", "0", "%.0f", part.load.Lost),
			row("99th percentile", "", "%.1f ms", part.load.P99), row("longest", "", "%.0f ms", part.load.Max))
	}
	return s
}
