package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/testcluster"
	"pikv/wire"
)

// TestReplicasAndWait: up, down, too many for the workers, and waiting for it.
func TestReplicasAndWait(t *testing.T) {
	c, sh := realCluster(t, testcluster.Options{Workers: 2})
	require.Regexp(t, `^synced: 64 partitions, each with 2 replicas \(waited .* s\)\n$`, sh("wait --synced").out)
	printed(t, "2\n", sh("replicas"))
	printed(t, "{\n  \"replicas\": 2\n}\n", sh("replicas --json"))
	printed(t, "2 replicas, as before\n", sh("replicas 2"))
	printed(t, "1 replica, before 2: the others are being dropped\n", sh("replicas 1"))
	require.Contains(t, sh("wait --synced").out, "each with 1 replica (")
	printed(t, "{\n  \"replicas\": 2,\n  \"was\": 1\n}\n", sh("replicas 2 --json"))
	done := fields(t, sh("wait --synced --timeout 1m --json"))
	require.Equal(t, true, done["synced"])
	require.EqualValues(t, 64, done["synced_partitions"])

	require.Equal(t, outcome{exitDone,
		"3 replicas, before 2: copies are being made, pikv wait --synced waits for them\n",
		"but 2 active workers cannot hold 3 copies of each partition: start 1 more, or say pikv replicas 2\n"}, sh("replicas 3"))
	const why = "pikv: not synced in time: after 1.0 s 0 of 64 partitions synced, 64 degraded; 2 active workers cannot hold 3 copies\n"
	var over outcome
	for _, as := range []string{"", " --json"} {
		c.Eventually("a second is enough to be told why", func(context.Context) error {
			if over = sh("wait --synced --timeout 1s" + as); over.code != exitNotSynced || over.errOut != why {
				return fmt.Errorf("%+v", over)
			}
			return nil
		})
		require.Equal(t, as == "", over.out == "")
	}
	require.Equal(t, false, fields(t, over)["synced"])
	status := sh("status").out
	require.Contains(t, status, "! There are fewer workers than copies: 2, and --replicas 3.\n")
	require.NotContains(t, status, "more partitions are")

	// A worker that is on its way in is waited for.
	c.AddWorker()
	require.Contains(t, sh("wait --synced --timeout 1m").out, "each with 3 replicas")
	ring := sh("ring").out
	require.Equal(t, 3, strings.Count(ring, " active "), ring)
	require.NotRegexp(t, `active +\d+ +\S+ % +0 `, ring, "everybody is somebody's backup")
}

// TestWaitForAClusterThatIsNotThere: it says so, once, and gives up in time.
func TestWaitForAClusterThatIsNotThere(t *testing.T) {
	got := pikv(t, nil, "wait", "--synced", "--timeout", "300ms", "--seeds", "127.0.0.1:1")
	require.Equal(t, exitNotSynced, got.code)
	require.Contains(t, got.errOut, "pikv: not synced in time: after 0.3 s no node answers at 127.0.0.1:1")
}

// TestWaitTexts: what the line of progress says.
func TestWaitTexts(t *testing.T) {
	r := healthy()
	r.Synced, r.Degraded, r.Moving = 1000, 4, 20
	require.Equal(t, "1000 of 1024 partitions synced, 4 degraded, 20 moving", waitText(r))
	r.MoveDone, r.MoveTotal = 1<<20, 2<<20
	require.Equal(t, "1000 of 1024 partitions synced, 4 degraded, 20 moving; 1.0 MiB of 2.0 MiB", waitText(r))
	r.Members = append(r.Members, wire.MemberStatus{Name: "pi4", Role: roleWorker, State: stateJoining})
	require.Equal(t, "1000 of 1024 partitions synced, 4 degraded, 20 moving; pi4 still joining", waitText(r))
	r.Role = roleWorker
	require.Equal(t, "the master does not answer", waitText(r))
}
