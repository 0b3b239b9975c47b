package rollout

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/bench/checked"
	"pikv/client"
	"pikv/rpcclient"
	"pikv/testcluster/hosts"
	"pikv/wire"
)

// status asks a host's node how the cluster is.
func status(t testing.TB, h *hosts.Host) wire.StatusReply {
	t.Helper()
	var s wire.StatusReply
	require.NoError(t, json.Unmarshal([]byte(h.Run("pikv status --json")), &s))
	return s
}

// member returns what the cluster says of a node; false when it knows none of the name.
func member(t testing.TB, h *hosts.Host, name string) (wire.MemberStatus, bool) {
	t.Helper()
	for _, m := range status(t, h).Members {
		if m.Name == name {
			return m, true
		}
	}
	return wire.MemberStatus{}, false
}

// process identifies the process of a host's node: another one has another start.
func process(h *hosts.Host, unit string) string { return h.Run(showProcess(unit)) }

func showProcess(unit string) string {
	return "systemctl show -p MainPID -p ExecMainStartTimestampMonotonic " + unit
}

// version is what a host's node runs, by its binary.
func version(h *hosts.Host, unit string) string {
	path := h.Run("readlink /proc/$(systemctl show -p MainPID --value " + unit + ")/exe")
	parts := strings.Split(strings.TrimSpace(path), "/")
	return parts[max(0, len(parts)-2)]
}

// synced waits, as users do, until all copies are made.
func synced(h *hosts.Host) { h.Run("pikv wait --synced --timeout 60s") }

// writer is a client on a host of its own that writes and reads all the time, and knows
// what it should find.
type writer struct {
	t    testing.TB
	load *checked.Load
	end  context.CancelFunc
	done chan struct{}
}

// write begins.
func write(t testing.TB, dial rpcclient.Dialer, seeds ...string) *writer {
	t.Helper()
	cl, err := client.New(t.Context(), seeds, client.WithDialer(dial), client.WithTimeout(30*time.Second))
	require.NoError(t, err)
	t.Cleanup(func() { _ = cl.Close() })
	w := &writer{t: t, done: make(chan struct{})}
	w.load = checked.New(cl, checked.Options{Keys: 1000, ValueSize: 1000, Writers: 8, Rate: 200, ReadShare: 0.3, Seed: 1})
	require.NoError(t, w.load.Fill(t.Context()))
	ctx, cancel := context.WithCancel(context.Background())
	w.end = cancel
	w.load.Phase("rollout")
	go func() {
		defer close(w.done)
		w.load.Run(ctx)
	}()
	t.Cleanup(w.stop)
	return w
}

// stop ends the writing.
func (w *writer) stop() {
	w.end()
	<-w.done
}

// finish ends it and checks that no request failed and no key is lost.
func (w *writer) finish() renewed {
	w.t.Helper()
	w.stop()
	phase := w.load.Phase("over")
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	require.NoError(w.t, w.load.Verify(ctx))
	failed, wrong, texts := w.load.Problems()
	require.Zero(w.t, failed, texts)
	require.Zero(w.t, wrong, texts)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	r := renewed{Requests: phase.Latency.TotalCount(), Failed: int(failed), Lost: int(wrong), P99: ms(phase.At(99)), Max: ms(phase.At(100))}
	require.Positive(w.t, r.Requests)
	w.t.Logf("%d requests in %.0f s, p99 %.1f ms, max %.1f ms, none failed, all keys as written last",
		r.Requests, phase.Ended.Sub(phase.Began).Seconds(), r.P99, r.Max)
	return r
}
