package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/autoscale"
	"pikv/bench/checked"
	"pikv/bench/proc"
	"pikv/client"
	"pikv/testcluster"
	"pikv/wire"
)

// The scaling figure: a mark of memory is passed, a spare is activated, and 200 MB
// move to it.
const (
	scalingRounds   = 3 // with values of each size
	scalingLink     = "100mbit"
	scalingLimit    = 100e6 / 8 / 2 // what --move-rate auto gives such a link
	scalingValue    = 10_000        // bytes, of what lies there and is only read in the end
	scalingBelow    = 28_000        // of them, 285 MB: below the mark
	scalingGrowth   = 200           // values a second that are written from then on, until the spare is activated
	scalingMemory   = 395e6
	scalingMark     = 0.75
	scalingAsked    = 2_560_000 // bytes of values that clients ask for
	scalingCallers  = 64        // of the closed loop
	scalingWriters  = 1024      // of the open loop
	scalingCapacity = 8 * time.Second
	scalingBefore   = 20 * time.Second
	scalingWindow   = 5 * time.Second
)

// scalingSizes are those of the values that clients ask for. With 1 KB it is the
// network that limits the cluster; with 128 bytes it is the test machine's
// processors, which generate the load as well.
var scalingSizes = []int{1024, 128}

func TestNetnsFigureScaling(t *testing.T) {
	s := newSheet()
	s.say("2 workers and a spare whose cables carry %s each way; --move-rate %d, half of that; R=2. %d values of %d bytes lie there, and clients ask for others, "+
		"half reads: an open loop at half of what a closed loop of %d callers reaches. Then values of the first kind are added, %d a second, until memory has passed the high mark (%.0f %%) for long enough (--scale-window %v): "+
		"the master activates the spare. No worker sends, and none gets, more than the limit: the limit allows what moves to the spare divided by it. Every value that clients read is checked. %d rounds.\n\n",
		scalingLink, int64(scalingLimit), scalingBelow, scalingValue, scalingCallers, scalingGrowth, 100*scalingMark, scalingWindow, scalingRounds)
	for _, size := range scalingSizes {
		part := fmt.Sprintf("values of %d bytes", size)
		s.say("Clients ask for %s:\n\n", part)
		s.table(part, scalingRows(t, size)...)
		s.say("\n")
	}
	report(t, s)
}

func scalingRows(t *testing.T, size int) []tableRow {
	activated := tableRow{name: "from the mark's passing until the spare is activated", format: "%.1f s"}
	lateness := tableRow{name: "of these, more than the window over which means are taken", format: "%.1f s"}
	moved := tableRow{name: "moved to the spare", format: "%.0f MB"}
	took := tableRow{name: "from then until the spare serves its full share", format: "%.1f s"}
	share := tableRow{name: "from a window after the mark's passing : what the rate limit allows", goal: "at most 1.3", format: "%.2f"}
	rate := tableRow{name: "clients' requests, half of capacity", format: "%.0f/s"}
	before := tableRow{name: "client p99 before", format: "%.1f ms"}
	during := tableRow{name: "client p99 from then until the spare serves its full share", format: "%.1f ms"}
	ratio := tableRow{name: "during : before", goal: "at most 2", format: "%.1f"}
	idle := tableRow{name: "of the test machine's processors nothing to do meanwhile", format: "%.0f %%"}
	failed := tableRow{name: "failed requests", goal: "0", format: "%.0f"}
	for range scalingRounds {
		r := measureScaling(t, size)
		t.Logf("%+v", r)
		allowed := float64(r.bytes) / scalingLimit
		late := max(0, r.activated-scalingWindow) // means may have passed the mark earlier than this looked
		after := (late + r.took).Seconds()
		for _, v := range []struct {
			row   *tableRow
			value float64
		}{
			{&activated, r.activated.Seconds()}, {&lateness, late.Seconds()}, {&moved, float64(r.bytes) / 1e6}, {&took, r.took.Seconds()},
			{&share, after / allowed}, {&rate, r.rate}, {&before, ms(r.before)}, {&during, ms(r.during)}, {&ratio, ms(r.during) / ms(r.before)}, {&idle, r.idle}, {&failed, float64(r.failed)},
		} {
			v.row.values = append(v.row.values, v.value)
		}
	}
	return []tableRow{activated, lateness, moved, took, share, rate, before, during, ratio, idle, failed}
}

// scaled is what one round measured; latencies are at the 99th percentile.
type scaled struct {
	activated, took time.Duration
	bytes           int64 // that moved to the spare
	rate            float64
	before, during  time.Duration
	idle            float64 // percent of the machine's processors, meanwhile
	failed          int64
}

func measureScaling(t *testing.T, size int) (r scaled) {
	policy := autoscale.DefaultPolicy()
	policy.Mode, policy.Window, policy.CoolDown = autoscale.On, scalingWindow, 2*scalingWindow
	policy.Memory, policy.CPU = autoscale.Marks{Low: 0.01, High: scalingMark}, autoscale.Marks{}
	c := figureCluster(t, testcluster.Options{Workers: 2, Replicas: 2, Partitions: 1024, MaxMemory: scalingMemory, MoveRate: scalingLimit, Scaling: policy})
	defer c.Close()
	c.AddWorker(testcluster.AsSpare())
	cl := c.Client()
	lay(t, cl, 0, scalingBelow)
	for i := range 3 {
		c.Limit(fmt.Sprintf("w%d", i+1), scalingLink)
	}
	o := checked.Options{Keys: scalingAsked / size, ValueSize: size, Writers: scalingCallers, ReadShare: 0.5, Seed: 1}
	closed := checked.New(cl, o)
	require.NoError(t, closed.Fill(t.Context()))
	closed.Phase("capacity")
	part, cancel := context.WithTimeout(t.Context(), scalingCapacity)
	closed.Run(part)
	cancel()
	r.rate = closed.Phase("").PerSecond() / 2

	o.Rate, o.Writers = r.rate, scalingWriters
	load := checked.New(cl, o)
	require.NoError(t, load.Fill(t.Context()))
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); load.Run(ctx) }()
	defer func() { stop(); <-done }()
	require.NoError(t, pass(t.Context(), 2*scalingWindow))
	load.Phase("before")
	require.NoError(t, pass(t.Context(), scalingBefore))
	before := load.Phase("crossing")

	growing, grown := context.WithCancel(t.Context())
	filled := make(chan struct{})
	go func() { defer close(filled); grow(growing, t, cl) }()
	defer func() { grown(); <-filled }()
	passed := time.Time{}
	c.Eventually("wait until the spare is activated", func(context.Context) error {
		status := c.Status()
		if passed.IsZero() && memoryOf(status) > scalingMark {
			passed = time.Now()
		}
		if memberOf(status, "w3").State != "active" {
			return errors.New(status.Scaling.Reason)
		}
		return nil
	})
	grown()
	<-filled
	load.Phase("scaling")
	busy, err := proc.ReadSteal()
	require.NoError(t, err)
	begin := time.Now()
	r.activated = begin.Sub(passed)
	c.WaitSynced()
	c.Eventually("wait until the spare has its share", func(context.Context) error {
		// A status of before that calls all synced, too.
		status := c.Status()
		if has, wanted := memberOf(status, "w3").Replicas, status.Partitions*status.Replicas/3; status.Synced < status.Partitions || has < wanted*9/10 {
			return fmt.Errorf("%d of %d partitions are synced, it has %d replicas of about %d", status.Synced, status.Partitions, has, wanted)
		}
		return nil
	})
	r.took = time.Since(begin)
	during := load.Phase("after")
	after, err := proc.ReadSteal()
	require.NoError(t, err)
	r.idle = after.IdleSince(busy)
	stop()
	<-done
	r.before, r.during = before.At(99), during.At(99)
	r.bytes = memberOf(c.Status(), "w3").Used
	require.NoError(t, load.Verify(t.Context()))
	failed, wrong, texts := load.Problems()
	require.Zero(t, wrong, texts)
	r.failed = failed
	return r
}

// grow writes more of them until ctx ends, evenly.
func grow(ctx context.Context, t *testing.T, cl *client.Client) {
	const batch = 20
	tick := time.NewTicker(batch * time.Second / scalingGrowth)
	defer tick.Stop()
	for n := scalingBelow; ; n += batch {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			lay(t, cl, n, n+batch)
		}
	}
}

// lay writes values that nobody asks for meanwhile.
func lay(t *testing.T, cl *client.Client, first, end int) {
	const batch = 20
	value := make([]byte, scalingValue)
	for i := first; i < end; i += batch {
		var pairs []client.Pair
		for k := i; k < min(i+batch, end); k++ {
			pairs = append(pairs, client.Pair{Key: fmt.Sprintf("lies-%d", k), Value: value})
		}
		results, err := cl.MPut(t.Context(), pairs)
		for _, r := range results {
			err = errors.Join(err, r.Err)
		}
		if err != nil {
			t.Errorf("lay values: %v", err)
			return
		}
	}
}

// memoryOf is the share of the active workers' memory that is in use.
func memoryOf(status wire.StatusReply) float64 {
	used, capacity := int64(0), int64(0)
	for _, m := range status.Members {
		if m.Role == "worker" && m.State == "active" {
			used, capacity = used+m.Used, capacity+m.Capacity
		}
	}
	return float64(used) / float64(max(capacity, 1))
}

// memberOf returns what the status says of a node, nothing if it does not name it.
func memberOf(status wire.StatusReply, name string) wire.MemberStatus {
	for _, m := range status.Members {
		if m.Name == name {
			return m
		}
	}
	return wire.MemberStatus{}
}
