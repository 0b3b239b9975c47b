package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/testcluster"
)

// TestDrainLeavesTooFew: it is done, and what follows from it is said.
func TestDrainLeavesTooFew(t *testing.T) {
	_, sh := realCluster(t, testcluster.Options{Workers: 2})
	require.Equal(t, exitDone, sh("wait --synced").code)
	require.Equal(t, quiet, sh("put k v"))
	got := sh("drain w2")
	require.Equal(t, exitDone, got.code)
	require.Regexp(t, `^w2 is drained after \d+\.\d s: it can be stopped, or removed for good \(pikv remove\)\n$`, got.out)
	require.Contains(t, got.errOut, "but 1 active worker cannot hold 2 copies of each partition: start 1 more, or say pikv replicas 1\n")
	printed(t, "v", sh("get k"))
	last := sh("drain w1")
	require.Equal(t, exitFailed, last.code)
	require.Contains(t, last.errOut, "w1")
}
