package testcluster_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/checked"
	"pikv/testcluster"
)

// Promises 1 and 2: while workers join, drain and stop, every read sees the
// last acknowledged write, no call fails, and afterwards every key is there.
func TestEveryAnswerIsRightWhilePartitionsMove(t *testing.T) {
	c := testcluster.Start(t, testcluster.Options{Workers: 2, Partitions: 128})
	load := checked.New(c.Client(), checked.Options{Keys: 4000, ValueSize: 200, Writers: 16, Rate: 2000, ReadShare: 0.5, Seed: 1})
	require.NoError(t, load.Fill(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		load.Run(ctx)
	}()
	defer func() { cancel(); <-done }()

	c.AddWorker()
	c.WaitSettled()
	c.AddWorker()
	c.WaitSettled()
	c.Drain("w1")
	c.Stop("w1")
	c.Stop("w2")
	c.Restart("w1")
	c.WaitSettled()

	cancel()
	<-done
	require.NoError(t, load.Verify(context.WithoutCancel(ctx)))
	failed, wrong, texts := load.Problems()
	require.Zero(t, failed, texts)
	require.Zero(t, wrong, texts)
}
