package testcluster_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/autoscale"
	"pikv/client"
	"pikv/testcluster"
)

// Twice the requests activate a spare, large values beside them the second; when both are gone they become
// spares again, one after the other. A load that swings about the high mark activates one, and that is all.
func TestNetnsTheClusterBreathes(t *testing.T) {
	t.Parallel()
	b := breathe(t, 2, testcluster.Options{Mode: testcluster.Namespaces, Scaling: breathing(), MaxMemory: 32 << 20})
	b.content()
	require.Empty(t, b.texts())
	b.load.SetRate(doubleRate)
	b.active(3)
	bulk := b.bulk()
	b.active(4)
	b.hasBulk(bulk)
	texts := b.texts()
	require.Len(t, texts, 2)
	require.Regexp(t, `^w3 is activated: mean requests `, texts[0])
	require.Regexp(t, `^w4 is activated: .*memory `, texts[1])

	deleted, err := b.cl.Del(t.Context(), bulk...)
	require.NoError(t, err)
	require.Equal(t, len(bulk), deleted)
	b.load.SetRate(lowRate)
	b.active(2)
	texts = b.texts()
	require.Len(t, texts, 4)
	for _, text := range texts[2:] {
		require.Regexp(t, `^w[34] becomes a spare: `, text)
	}
	for _, k := range bulk {
		_, err := b.cl.Get(t.Context(), k)
		require.ErrorIs(t, err, client.ErrNotFound)
	}

	// Two workers have a little more than the high mark in the mean, three less than
	// the low one: they stay, since two of them could not carry it.
	swing := func() {
		mid := 2.3 * b.policy.Requests.High
		for _, part := range []float64{1.5, 0.5} {
			b.load.SetRate(part * mid)
			pass(t, b.policy.Window/2)
		}
	}
	b.Eventually("wait until a load about the mark activates a spare", func(context.Context) error {
		swing()
		if len(b.steps()) == 4 {
			return errors.New("nothing has happened")
		}
		return nil
	})
	for range 5 {
		swing()
	}
	require.Len(t, b.texts(), 5)
	b.active(3)
	b.finish()
}

// A worker is killed in the middle of a scale-in: first one that stays, so that too few stay for the copies and the one
// that leaves is taken back, then the one that leaves.
func TestNetnsAWorkerDiesWhileTheClusterScalesIn(t *testing.T) {
	t.Parallel()
	policy := breathing()
	policy.Memory = autoscale.Marks{}
	b := breathe(t, 1, testcluster.Options{Mode: testcluster.Namespaces, Scaling: policy, MoveRate: 4 << 20})
	bulk := b.bulk()
	kill := func(name, leaves string) {
		b.dies(name, leaves)
		b.hasBulk(bulk)
	}
	inAndOut := func() (leaves string) {
		b.load.SetRate(doubleRate)
		b.active(3)
		b.load.SetRate(lowRate)
		return b.leaves()
	}
	require.Equal(t, "w3", inAndOut())
	kill("w1", "w3")
	b.AddWorker(testcluster.AsSpare())
	leaves := inAndOut()
	kill(leaves, leaves)
	texts := b.texts()
	require.Len(t, texts, 5)
	require.Equal(t, "w3 is activated: 1 worker active, fewer than 2 replicas", texts[2])
	b.finish()
	b.hasBulk(bulk)
}

// A worker that stays is killed in the middle of a scale-in, and enough others stay for all copies: the one that leaves
// goes on leaving. What it alone has since then is copied before it is empty.
func TestNetnsAWorkerThatStaysDiesWhileAnotherLeaves(t *testing.T) {
	t.Parallel()
	policy := breathing()
	policy.Memory = autoscale.Marks{}
	b := breathe(t, 0, testcluster.Options{Mode: testcluster.Namespaces, Workers: 4, Scaling: policy, MoveRate: 4 << 20})
	b.load.SetRate(4 * (policy.Requests.Low + policy.Requests.High) / 2)
	bulk := b.bulk()
	require.Empty(t, b.texts())
	b.load.SetRate(lowRate)
	leaves := b.leaves()
	dies := b.sharesMostWith(leaves)
	b.dies(dies, leaves)
	b.hasBulk(bulk)
	texts := b.texts()
	require.Len(t, texts, 1, "%s was not called back", leaves)
	require.Regexp(t, `^`+leaves+` becomes a spare: `, texts[0])
	b.finish()
	b.hasBulk(bulk)
}
