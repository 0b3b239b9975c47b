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

// onHosts makes a figure of a test that has hosts and cables: the test writes
// its section into the file that -report names.
func onHosts(test string) func(context.Context, effort) (section, error) {
	return text(func(ctx context.Context) (string, error) {
		if os.Geteuid() != 0 {
			return "", errNeedsRoot
		}
		dir, err := os.MkdirTemp("", "pikv-figure-")
		if err != nil {
			return "", fmt.Errorf("measure: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		report := filepath.Join(dir, "report")
		cmd := exec.CommandContext(ctx, "go", "test", "./bench/figures", "-count=1", "-timeout", "2h", "-v",
			"-run", "^TestNetnsFigure"+test+"$", "-report", report)
		cmd.Env = append(os.Environ(), "PIKV_REQUIRE=root")
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Run(); err != nil {
			return "", fmt.Errorf("measure: %w", err)
		}
		text, err := os.ReadFile(report)
		if err != nil {
			return "", fmt.Errorf("measure: %w", err)
		}
		return string(text), nil
	})
}
