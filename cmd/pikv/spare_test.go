package main

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/testcluster"
)

// TestSparesComeAndGo: a spare owns nothing, takes its share when it is activated,
// and gives it back; keys stay what they are.
func TestSparesComeAndGo(t *testing.T) {
	c, sh := realCluster(t, testcluster.Options{Workers: 2})
	c.AddWorker(testcluster.AsSpare())
	require.Equal(t, exitDone, sh("wait --synced").code)
	require.Equal(t, quiet, sh("put k v"))
	eventually(t, c, sh, "members", "spare")
	require.Regexp(t, `(?m)^w3 +worker +spare +1 .* \(0 %\) +0 +0 `, sh("members").out)
	require.Equal(t, "synced", synced(t, sh), "a spare is not missed")

	got := sh("activate w3")
	require.Equal(t, exitDone, got.code)
	require.Equal(t, "w3 is active, before spare: its share moves to it, pikv wait --synced waits for that\n", got.out)
	require.Equal(t, "w3 is active, as before\n", sh("activate w3").out)
	owning(t, c, sh, "w3")
	printed(t, "v", sh("get k"))

	// An upgrade restarts it.
	c.Stop("w3")
	c.Restart("w3")
	owning(t, c, sh, "w3")

	got = sh("spare w3")
	require.Equal(t, exitDone, got.code, got.errOut)
	require.Regexp(t, `^w3 is a spare after \d+\.\d s: it holds nothing\n$`, got.out)
	require.Regexp(t, `(?m)^w3 +worker +spare +1 .* \(0 %\) +0 +0 `, sh("members").out)
	printed(t, "v", sh("get k"))

	// The last words: it goes, and comes back as a new member.
	require.Equal(t, exitFailed, sh("remove w2").code, "it holds something")
	require.Equal(t, "w3 is removed: stop it; if it is started again it is a new member\n", sh("remove w3").out)
	eventually(t, c, sh, "members", "removed")
	require.Equal(t, "synced", synced(t, sh))
	c.Stop("w3")
	c.Restart("w3")
	eventually(t, c, sh, "members", "spare")

	events := sh("events").out
	for _, what := range []string{"w3 has joined, spare", "w3 is activated: it was spare", "w3 becomes a spare", "w3 is removed"} {
		require.Contains(t, events, what)
	}
	require.Contains(t, sh("events --json").out, `"kind":"activate","node":"w3"`)
	require.Equal(t, map[string]any{"node": "w3", "state": "removed"}, fields(t, sh("remove --json w3")))
}

// synced waits and returns the first word of the answer.
func synced(t *testing.T, sh func(string) outcome) string {
	t.Helper()
	got := sh("wait --synced --timeout 1m")
	require.Equal(t, exitDone, got.code, got.errOut)
	return got.out[:len("synced")]
}

// owning waits until the worker owns partitions.
func owning(t *testing.T, c *testcluster.Cluster, sh func(string) outcome, name string) {
	t.Helper()
	c.Eventually(name+" to own something", func(context.Context) error {
		for _, w := range fields(t, sh("ring --json"))["workers"].([]any) {
			if w := w.(map[string]any); w["name"] == name && w["owns"].(float64) > 0 {
				return nil
			}
		}
		return errors.New("it owns nothing")
	})
}

func TestWeightCommand(t *testing.T) {
	c, sh := realCluster(t, testcluster.Options{Workers: 2})
	got := sh("weight w2 8")
	require.Equal(t, outcome{exitDone, "w2 has the weight 8; all active workers together have 9\n", ""}, got)
	require.Equal(t, "synced", synced(t, sh))
	require.Regexp(t, `(?m)^w2 +worker +active +8 `, sh("members").out)
	c.Kill("w2")
	c.Restart("w2")
	eventually(t, c, sh, "members", "active  8")
	require.Contains(t, sh("weight w2 auto").out, "w2 has the weight 1; all active workers together have 2")
	require.Contains(t, sh("weight w2 2 --force").out, "w2 has the weight 2")
	require.Contains(t, sh("weight w2 auto").out, "w2 has the weight 1")
	require.Equal(t, exitUsage, sh("weight w2 0").code)
	require.Equal(t, exitUsage, sh("weight w2 65").code)
	require.Equal(t, exitUsage, sh("weight w2").code)
	require.Contains(t, sh("weight w9 2").errOut, "there is no such worker")
}
