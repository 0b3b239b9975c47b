package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/bench/history"
	"pikv/placement"
	"pikv/testcluster"
)

// The master-away figure.
const (
	awayRounds = 2
	awayTime   = 60 * time.Second
	awayRate   = 1000
)

func TestNetnsFigureMasterAway(t *testing.T) {
	c := figureCluster(t, testcluster.Options{Workers: 4, Replicas: 2, Partitions: 1024, MaxMemory: 256 << 20})
	clients := clientsOf(c, 3)
	stores := make([]history.Store, len(clients))
	for i, cl := range clients {
		stores[i] = cl
	}
	load := history.New(stores, history.Options{Rate: awayRate, Seed: 1})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); load.Run(ctx) }()
	defer func() { cancel(); <-done }()

	failed := tableRow{name: "operations that failed, or of unknown fate, while it was away", goal: "0", format: "%.0f"}
	slowest := tableRow{name: "slowest operation", format: "%.3f s"}
	back := tableRow{name: "from the start of its process until a replica has moved", goal: "at most 3 s", format: "%.2f s"}
	for range awayRounds {
		require.NoError(t, pass(t.Context(), 5*time.Second))
		load.Take()
		c.Kill(testcluster.MasterName)
		require.NoError(t, pass(t.Context(), awayTime))
		n := load.Take()
		failed.values = append(failed.values, float64(n.Failed+n.Unknown))
		slowest.values = append(slowest.values, n.Slowest.Seconds())

		view, err := clients[0].View(t.Context())
		require.NoError(t, err)
		begin := time.Now()
		c.Restart(testcluster.MasterName)
		c.BeginDrain("w4")
		c.Eventually("wait for a change", func(ctx context.Context) error {
			now, err := clients[0].View(ctx)
			if err == nil && !moved(view, now) {
				err = fmt.Errorf("epoch %v, as it was or with nothing moved", now.Epoch)
			}
			return err
		})
		back.values = append(back.values, time.Since(begin).Seconds())
		c.Drain("w4")
		c.Stop("w4")
		c.Restart("w4")
		c.WaitSettled()
	}
	cancel()
	<-done
	require.NoError(t, load.Finish(t.Context()))
	wrong, checked := load.Check()
	require.Empty(t, wrong)
	total, _ := load.Total()
	s := newSheet()
	s.say("1 master and 4 workers on hosts of their own, 1024 partitions, R=2, a load of %d operations of all kinds a second. The master is killed "+
		"(kill -9), started again after %v, and told at once to drain a worker. %d rounds.\n\n", awayRate, awayTime, awayRounds)
	s.table("the master away", failed, slowest, back)
	s.say("\nOf %d operations in all %d failed or are of unknown fate; the histories of %d keys are linearizable.\n",
		total.Ops, total.Failed+total.Unknown, checked.Keys)
	report(t, s)
}

// moved reports whether a replica has been added since.
func moved(before, now *placement.View) bool {
	for p := range now.Partitions {
		for _, inc := range now.Partitions[p].InSync {
			if !before.Holds(placement.PartitionID(p), inc) {
				return true
			}
		}
	}
	return false
}
