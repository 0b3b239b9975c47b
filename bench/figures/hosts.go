package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// errSkipped is wrapped by why a figure cannot be measured here: then what is recorded
// stays.
var errSkipped = errors.New("skipped")

var errNeedsRoot = fmt.Errorf("%w: it needs root, for hosts and cables of its own", errSkipped)

// measuredSuffix is that of the file beside a section.
const measuredSuffix = ".csv"

// onHosts makes a figure of a test that has hosts and cables: the test writes
// its section into the file that -report names, and what it measured beside that.
func onHosts(test string) func(context.Context, effort) (section, error) {
	return func(ctx context.Context, _ effort) (section, error) {
		if os.Geteuid() != 0 {
			return section{}, errNeedsRoot
		}
		dir, err := os.MkdirTemp("", "pikv-figure-")
		if err != nil {
			return section{}, fmt.Errorf("measure: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		report := filepath.Join(dir, "report")
		cmd := exec.CommandContext(ctx, "go", "test", "./bench/figures", "-count=1", "-timeout", "2h", "-v",
			"-run", "^TestNetnsFigure"+test+"$", "-report", report)
		cmd.Env = append(os.Environ(), "PIKV_REQUIRE=root")
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return section{}, fmt.Errorf("measure: %w", err)
		}
		text, err := os.ReadFile(report)
		if err != nil {
			return section{}, fmt.Errorf("measure: %w", err)
		}
		data, err := readTable(report + measuredSuffix)
		return section{text: string(text), data: data}, err
	}
}
