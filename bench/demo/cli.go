package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// pikv runs the command line as a user would and returns what it prints.
func (d *demo) pikv(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "bin/pikv", args...)
	cmd.Env = append(os.Environ(), "PIKV_SEEDS="+d.master.RPC)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return nil, errors.Join(fmt.Errorf("pikv %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(errOut.Bytes())), ctx.Err())
	}
	return out.Bytes(), nil
}

// show runs a command and prints it with what it says.
func (d *demo) show(ctx context.Context, args ...string) error {
	fmt.Println("$ bin/pikv", strings.Join(args, " "))
	out, err := d.pikv(ctx, args...)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(out)) {
		fmt.Print("  ", line)
	}
	return nil
}

// ask runs a command with --json and decodes what it says.
func (d *demo) ask(ctx context.Context, answer any, args ...string) error {
	out, err := d.pikv(ctx, append(args, "--json")...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(out, answer); err != nil {
		return fmt.Errorf("read the answer of pikv %s: %w", args[0], err)
	}
	return nil
}

// synced waits, as a script would, until each partition has its copies, and
// makes sure that so many workers share them.
func (d *demo) synced(ctx context.Context, workers int) error {
	if err := d.show(ctx, "wait", "--synced", "--timeout", "1m"); err != nil {
		return err
	}
	var ring struct{ Workers []struct{ Owns int } }
	if err := d.ask(ctx, &ring, "ring"); err != nil {
		return err
	}
	owners := 0
	for _, w := range ring.Workers {
		if w.Owns > 0 {
			owners++
		}
	}
	if owners != workers {
		return fmt.Errorf("count who owns something: %d workers, not %d", owners, workers)
	}
	return nil
}
