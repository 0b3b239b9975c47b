package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"pikv/bench"
	"pikv/client"
	"pikv/placement"
	"pikv/wire"
)

// The figure shares: who has how much of the keys and of the requests.
const (
	shareKeys    = 100_000
	shareValue   = 128
	shareCallers = 64
	shareLoad    = 90 * time.Second // of requests: longer than it takes until primaries are swapped
	shareLast    = 15 * time.Second // the looks are so long after its begin and before its end: three smoothing times of reports
	shareRounds  = 3                // each a new cluster, with names of its own by its ports
)

// shareWeights are those of the issue that a ring of unlike machines has to keep.
var shareWeights = []int{1, 1, 4, 8}

func sharesFigure(ctx context.Context) (*sheet, error) {
	s := newSheet()
	s.say("%d keys on 4 workers, whose weights were set to %v by `pikv weight` while they held the keys. With two copies, which are on distinct workers, "+
		"light workers hold more than their weight's share.\n", shareKeys, shareWeights)
	for i, copies := range []string{"One copy", "Two copies"} {
		weighed, err := weighedShares(ctx, i+1)
		if err != nil {
			return nil, err
		}
		s.say("\n%s of each:\n\n", copies)
		s.table(strings.ToLower(copies), weighed...)
	}
	before := tableRow{name: "busiest worker's requests : mean, as the ring has it", format: "%.2f"}
	after := tableRow{name: "busiest worker's requests : mean, after 75 s", goal: "at most 1.5", format: "%.2f"}
	leads := tableRow{name: "partitions led by a backup then", format: "%.0f"}
	hottest := tableRow{name: "hottest key's share of its worker's requests, as pikv top names it", format: "%.0f %%"}
	failed := tableRow{name: "failed requests", goal: "0", format: "%.0f"}
	for range shareRounds {
		r, err := zipfShares(ctx)
		if err != nil {
			return nil, err
		}
		before.values, after.values = append(before.values, r.before), append(after.values, r.after)
		leads.values, failed.values = append(leads.values, float64(r.leads)), append(failed.values, float64(r.failed))
		hottest.values = append(hottest.values, 100*r.hottest)
	}
	s.say("\nYCSB's zipfian requests (theta 0.99, workload B) for %d keys of %d bytes, %d callers in a closed loop for %.0f s, on 4 workers of equal weight with two copies "+
		"of each partition. By what the workers report. %d rounds, each in a new cluster; over many clusters see *Placement*.\n\n",
		shareKeys, shareValue, shareCallers, shareLoad.Seconds(), shareRounds)
	s.table("zipfian requests", before, after, leads, hottest, failed)
	return s, nil
}

// weighedShares gives workers weights while they hold so many copies of the keys, and
// counts then who leads how many of the keys, and who holds how much of the data.
func weighedShares(ctx context.Context, replicas int) ([]tableRow, error) {
	c, err := startCluster(ctx, len(shareWeights), replicas)
	if err != nil {
		return nil, err
	}
	defer end(c)
	w := bench.Workload{Clients: 1, Requests: 1, ValueSize: shareValue, Keys: shareKeys}
	if err := bench.Fill(ctx, c.Client, w); err != nil {
		return nil, err
	}
	total := 0
	for i, weight := range shareWeights {
		if _, err := c.Client.SetWeight(ctx, fmt.Sprintf("w%d", i+1), weight); err != nil {
			return nil, err
		}
		total += weight
	}
	status, err := awaitShares(ctx, c.Client)
	if err != nil {
		return nil, err
	}
	led, err := keysLed(ctx, c.Client)
	if err != nil {
		return nil, err
	}
	var used int64 // of all copies
	for _, m := range status.Members {
		used += m.Used
	}
	off := tableRow{name: "farthest share of the keys led off its weight's", goal: "at most 10 %", format: "%.1f %%"}
	var rows []tableRow
	worst := 0.0
	for _, m := range status.Members {
		if m.Weight == 0 {
			continue
		}
		share := float64(led[m.Name]) / shareKeys
		worst = max(worst, math.Abs(share*float64(total)/float64(m.Weight)-1))
		rows = append(rows, tableRow{
			name: fmt.Sprintf("%s, weight %d: of the keys, led (by weight %.1f %%)", m.Name, m.Weight, 100*float64(m.Weight)/float64(total)), format: "%.1f %%", values: []float64{100 * share},
		}, tableRow{
			name: m.Name + ": of the data's bytes, held", format: "%.1f %%", values: []float64{100 * float64(replicas) * float64(m.Used) / float64(max(used, 1))},
		})
	}
	off.values = []float64{100 * worst}
	return append(rows, off), nil
}

// keysLed counts the keys by the worker that answers for them.
func keysLed(ctx context.Context, cl *client.Client) (map[string]int, error) {
	view, err := cl.View(ctx)
	if err != nil {
		return nil, err
	}
	led := make(map[string]int)
	for key, err := range cl.Keys(ctx, "") {
		if err != nil {
			return nil, err
		}
		owner, _ := view.Owner(placement.PartitionOf([]byte(key), len(view.Partitions)))
		led[owner.Name]++
	}
	return led, nil
}

// awaitShares waits until nothing has moved for longer than keys are counted in.
func awaitShares(ctx context.Context, cl *client.Client) (wire.StatusReply, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := pass(ctx, 3*time.Second); err != nil { // or it may be of before
		return wire.StatusReply{}, err
	}
	for {
		status, err := cl.Status(ctx)
		if err == nil && status.SyncedMS > 4000 {
			return status, nil
		}
		if err := pass(ctx, 200*time.Millisecond); err != nil {
			return status, fmt.Errorf("wait for the shares to be as they should: %w", err)
		}
	}
}

// zipfRound is what one cluster did with zipfian requests.
type zipfRound struct {
	before, after, hottest float64
	leads                  int
	failed                 int64
}

func zipfShares(ctx context.Context) (r zipfRound, err error) {
	c, err := startCluster(ctx, 4, 2)
	if err != nil {
		return r, err
	}
	defer end(c)
	w, err := bench.Workload{Clients: shareCallers, Duration: shareLoad, ValueSize: shareValue, Keys: shareKeys}.AsYCSB("b")
	if err != nil {
		return r, err
	}
	if err := bench.Fill(ctx, c.Client, w); err != nil {
		return r, err
	}
	done := make(chan error, 1)
	go func() {
		result, err := bench.Run(ctx, []bench.Store{c.Client}, w)
		r.failed = result.Errors
		done <- err
	}()
	look := func(after time.Duration) (ratio float64, status wire.StatusReply, err error) {
		if err := pass(ctx, after); err != nil {
			return 0, status, err
		}
		status, err = c.Client.Status(ctx)
		return busiest(status), status, err
	}
	first, _, errFirst := look(shareLast)
	last, status, errLast := look(shareLoad - 2*shareLast)
	if err := firstError(<-done, errFirst, errLast); err != nil {
		return r, err
	}
	r.before, r.after, r.leads = first, last, status.Scaling.Leads
	for _, m := range status.Members {
		for _, k := range m.Load.Keys {
			r.hottest = max(r.hottest, k.Share)
		}
	}
	return r, nil
}

// busiest returns the most requests of a worker, times their mean.
func busiest(status wire.StatusReply) float64 {
	most, all, workers := 0.0, 0.0, 0
	for _, m := range status.Members {
		if m.Weight > 0 {
			n := m.Load.Requests()
			most, all, workers = max(most, n), all+n, workers+1
		}
	}
	if all == 0 {
		return 0
	}
	return most * float64(workers) / all
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
