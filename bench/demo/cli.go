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
	"time"

	"pikv/wire"
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

// settled waits until so many workers share the partitions and none is on
// its way.
func (d *demo) settled(ctx context.Context, workers int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var status wire.StatusReply
	for {
		out, err := d.pikv(ctx, "status", "--json")
		if err == nil {
			status = wire.StatusReply{}
			if err := json.Unmarshal(out, &status); err != nil {
				return fmt.Errorf("read status: %w", err)
			}
			owners := 0
			for _, m := range status.Members {
				if m.Primaries > 0 {
					owners++
				}
			}
			if owners == workers && status.Moving == 0 && evenly(&status, workers) {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %d workers to share the partitions: %w: %+v", workers, ctx.Err(), status)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// evenly reports whether the ring's share has arrived everywhere: no worker
// is far from the mean.
func evenly(status *wire.StatusReply, workers int) bool {
	mean := float64(status.Partitions) / float64(workers)
	for _, m := range status.Members {
		if p := float64(m.Primaries); p > 0 && (p < 0.5*mean || p > 1.3*mean) {
			return false
		}
	}
	return true
}
