package testcluster_test

import "testing"

// beside lets a test that has a cluster of its own, and waits for it most of the time,
// run beside others. With the race detector one cluster has enough to do.
func beside(t *testing.T) {
	t.Helper()
	if !raceEnabled {
		t.Parallel()
	}
}
