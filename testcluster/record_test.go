package testcluster_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/bench/history"
	"pikv/client"
	"pikv/testcluster"
)

// record puts a load on the cluster whose history is checked. finish ends it,
// reads every key once more, fails the test for each key whose answers no order
// of its operations explains, and returns what was counted and the first failures.
func record(t *testing.T, c *testcluster.Cluster) (finish func() (history.Tally, []string)) {
	t.Helper()
	patient := client.WithTimeout(c.Patience()) // how long a fault lasts is measured elsewhere
	load := history.New([]history.Store{c.Client(patient), c.Client(patient)}, history.Options{Rate: 500, Keys: 36, Seed: 1})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		load.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return func() (history.Tally, []string) {
		t.Helper()
		cancel()
		<-done
		reading, end := context.WithTimeout(context.Background(), 30*time.Second)
		defer end()
		require.NoError(t, load.Finish(reading))
		wrong, _ := load.Check()
		for _, v := range wrong {
			t.Errorf("%s: %s\n%s", v.Key, v.What, v.History)
		}
		return load.Total()
	}
}

// whole finishes the load and requires that none of its operations failed.
func whole(t *testing.T, finish func() (history.Tally, []string)) {
	t.Helper()
	total, texts := finish()
	require.Zero(t, total.Failed+total.Unknown, texts)
	require.Positive(t, total.Ops)
}
