package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/bench/checked"
	"pikv/client"
	"pikv/placement"
	"pikv/testcluster"
)

// The repair figure.
const (
	repairRounds  = 3
	repairKeys    = 100_000
	repairValue   = 10_000
	repairRate    = 400 // operations per second, an open loop
	repairWriters = 256
	repairLink    = "100mbit"
	repairLimit   = 100e6 / 8 / 2 // what --move-rate auto gives such a link
	repairBefore  = 15 * time.Second
)

func TestNetnsFigureRepair(t *testing.T) {
	took := tableRow{name: "from the death until all is in sync", format: "%.1f s"}
	share := tableRow{name: "rate of a worker's background streams : limit, from death to full replication", goal: "at least 80 %", format: "%.0f %%"}
	p99s := []tableRow{{name: "client p99 before", format: "%.1f ms"}, {name: "client p99 while partitions have no primary", format: "%.1f ms"},
		{name: "client p99 while replicas are made", format: "%.1f ms"}, {name: "while replicas are made : before", goal: "at most 2", format: "%.1f"},
		{name: "from the death to the end : before", goal: "at most 2", format: "%.1f"}}
	failed := tableRow{name: "failed operations", format: "%.0f"}
	for range repairRounds {
		r := measureRepair(t)
		took.values = append(took.values, r.took.Seconds())
		// Every survivor can send so much in that time; what it must send is
		// its part of what the dead worker held.
		share.values = append(share.values, 100*float64(r.bytes)/3/r.took.Seconds()/repairLimit)
		for i, v := range []float64{ms(r.before), ms(r.gap), ms(r.repair), ms(r.repair) / ms(r.before), ms(r.all) / ms(r.before)} {
			p99s[i].values = append(p99s[i].values, v)
		}
		failed.values = append(failed.values, float64(r.failed))
		t.Logf("%+v", r)
	}
	s := newSheet()
	s.say("%d keys of %d bytes, R=2, on 4 workers whose cables carry %s each way; --move-rate %d, half of that. One client, an open loop of %d operations "+
		"a second, half reads. A worker is killed (kill -9) and stays away. Every value is checked, also key by key afterwards. %d rounds.\n\n",
		repairKeys, repairValue, repairLink, int64(repairLimit), repairRate, repairRounds)
	s.table("repair", append([]tableRow{took, share, failed}, p99s...)...)
	report(t, s)
}

// onePerPartition returns keys that do not exist, at least one of each partition.
func onePerPartition(t *testing.T, cl *client.Client) (keys []string) {
	view, err := cl.View(t.Context())
	require.NoError(t, err)
	seen := make(map[placement.PartitionID]bool)
	for i := 0; len(seen) < len(view.Partitions); i++ {
		key := fmt.Sprintf("absent-%d", i)
		if at := placement.PartitionOf([]byte(key), len(view.Partitions)); !seen[at] {
			seen[at], keys = true, append(keys, key)
		}
	}
	return keys
}

// repaired is what one round measured; latencies are at the 99th percentile.
type repaired struct {
	took                     time.Duration
	bytes                    int64 // that the dead worker held
	before, gap, repair, all time.Duration
	failed                   int64
}

func measureRepair(t *testing.T) (r repaired) {
	c := figureCluster(t, testcluster.Options{Workers: 4, Replicas: 2, Partitions: 1024, MaxMemory: 2 << 30, MoveRate: repairLimit})
	defer c.Close()
	load := checked.New(c.Client(), checked.Options{Keys: repairKeys, ValueSize: repairValue, Writers: repairWriters, Rate: repairRate, ReadShare: 0.5, Seed: 1})
	require.NoError(t, load.Fill(t.Context()))
	for i := range 4 {
		c.Limit(fmt.Sprintf("w%d", i+1), repairLink)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); load.Run(ctx) }()
	defer func() { cancel(); <-done }()
	require.NoError(t, pass(t.Context(), 5*time.Second)) // reports with the bytes in use arrive
	load.Phase("before")
	require.NoError(t, pass(t.Context(), repairBefore))
	for _, m := range c.Status().Members {
		if m.Name == "w1" {
			r.bytes = m.Used
		}
	}
	idle := c.Client()
	absent := onePerPartition(t, idle)
	before := load.Phase("gap")
	begin := time.Now()
	c.Kill("w1")
	c.Eventually("wait until every partition has a primary that lives", func(ctx context.Context) error {
		status := c.Status()
		if status.Waiting > 0 || status.Lost > 0 || status.Synced == status.Partitions {
			return fmt.Errorf("%d waiting, %d lost, %d synced", status.Waiting, status.Lost, status.Synced)
		}
		for _, m := range status.Members {
			if m.Name == "w1" && m.Replicas > 0 {
				return errors.New("w1 still counts")
			}
		}
		return ctx.Err()
	})
	// Operations that waited for it end now, and count for this phase.
	_, err := idle.MGet(t.Context(), absent)
	require.NoError(t, err)
	gap := load.Phase("repair")
	c.WaitSynced()
	r.took = time.Since(begin)
	repair := load.Phase("after")
	cancel()
	<-done
	r.before, r.gap, r.repair = before.At(99), gap.At(99), repair.At(99)
	repair.Latency.Merge(gap.Latency)
	r.all = repair.At(99)
	for i := range 3 {
		c.Limit(fmt.Sprintf("w%d", i+2), "10gbit")
	}
	require.NoError(t, load.Verify(t.Context()))
	failed, wrong, texts := load.Problems()
	require.Zero(t, wrong, texts)
	r.failed = failed
	return r
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
