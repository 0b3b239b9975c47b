package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"pikv/bench"
)

// load is a `pikv bench` that goes on beside something else, until it is
// interrupted: then it says how it went.
type load struct {
	cancel context.CancelFunc
	ended  sync.WaitGroup
	out    bytes.Buffer // these three are valid once it has ended
	errOut bytes.Buffer
	err    error
}

// load starts one of so many keys and requests a second. stop must be called.
func (d *demo) load(ctx context.Context, keys, rate int) *load {
	args := []string{"bench", "--duration", "5m", "--clients", "20", "--rate", strconv.Itoa(rate), "--keys", strconv.Itoa(keys), "--read-share", "0.5", "--value-size", "128"}
	fmt.Println("$ bin/pikv", strings.Join(args, " "), "&")
	l := &load{}
	ctx, l.cancel = context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, "bin/pikv", append(args, "--json")...)
	cmd.Env = append(os.Environ(), "PIKV_SEEDS="+d.master.RPC)
	cmd.Stdout, cmd.Stderr = &l.out, &l.errOut
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	l.ended.Go(func() { l.err = cmd.Run() })
	return l
}

// stop ends it.
func (l *load) stop() {
	l.cancel()
	l.ended.Wait()
}

// report ends it and says how it went.
func (l *load) report() error {
	l.stop()
	var r bench.Result
	if err := json.Unmarshal(l.out.Bytes(), &r); err != nil {
		return fmt.Errorf("read the load's figures: %w: %w: %s", err, l.err, &l.errOut)
	}
	fmt.Printf("$ kill -INT %%1    # the load\n  %d requests at %.0f/s, %d failed: p50 %s, p99 %s, the longest %s\n",
		r.All.Count+r.Errors, r.Throughput, r.Errors, trimmed(r.All.P50US), trimmed(r.All.P99US), trimmed(r.All.MaxUS))
	if r.Errors > 0 {
		return fmt.Errorf("look at the load: %d requests failed: %v", r.Errors, r.ErrorTexts)
	}
	return nil
}

// trimmed is ms for a sentence.
func trimmed(us int64) string { return strings.TrimSpace(ms(us)) }
