package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/testcluster"
	"pikv/testcluster/own"
)

// TestPartitionReset: what is lost waits, is named, and is given up only by
// whoever says so.
func TestPartitionReset(t *testing.T) {
	c, sh := realCluster(t, testcluster.Options{Workers: 2, Replicas: 1, Partitions: 16})
	for i := range 20 {
		require.Equal(t, quiet, sh(fmt.Sprintf("put k%d v", i)))
	}
	printed(t, "every partition has a live copy: nothing to reset\n", sh("partition reset --all-lost --yes"))
	refused := sh("partition reset 0 --yes")
	require.Equal(t, exitFailed, refused.code)
	require.Regexp(t, `^pikv: reset partitions: not to be reset: partition 0 is in sync on "\S+", which is alive`, refused.errOut)
	require.Contains(t, sh("partition reset 16 --yes").errOut, "there is no partition 16")

	dead := fields(t, sh("locate k0 --json"))["node"].(string)
	id := fmt.Sprint(int(fields(t, sh("locate k0 --json"))["partition"].(float64)))
	c.Kill(dead)
	status := eventually(t, c, sh, "status", "are waiting (for "+dead+"): no in-sync replica is alive").out
	require.Contains(t, status, "give up what they held: pikv partition reset ")
	require.Contains(t, status, "partitions not served; not fully synced for ")
	require.Equal(t, exitUnavailable, sh("get k0 --timeout 300ms").code)

	// A person is asked, and told what it costs.
	ask := func(answer string, args ...string) outcome {
		t.Helper()
		return asked(t, answer, args...)
	}
	no := ask("no\n", "partition", "reset", id)
	require.Equal(t, exitFailed, no.code)
	require.Equal(t, "This gives up every key in partition "+id+", last held by "+dead+
		": 6.25 % of all keys of cluster \""+own.Cluster(t)+"\", for good.\nReset? Type yes: pikv: nothing was reset\n", no.errOut)
	require.Equal(t, exitUnavailable, sh("get k0 --timeout 300ms").code)
	printed(t, "reset: partition "+id+", now empty\n", withoutQuestion(ask("yes\n", "partition", "reset", id)))
	eventually(t, c, sh, "get k0", "key not found")

	all := ask("yes\n", "partition", "reset", "--all-lost")
	require.Contains(t, all.errOut, "last held by "+dead)
	require.Regexp(t, `^reset: partitions .*, now empty\n$`, all.out)
	printed(t, "every partition has a live copy: nothing to reset\n", ask("yes\n", "partition", "reset", "--all-lost"))
	require.Contains(t, eventually(t, c, sh, "status", "fully synced").out, "16 synced")
	printed(t, "{\n  \"reset\": []\n}\n", sh("partition reset --all-lost --yes --json"))
}

// asked runs a command line at a terminal where somebody types answer.
func asked(t *testing.T, answer string, args ...string) outcome {
	t.Helper()
	var out, errOut strings.Builder
	code := run(t.Context(), env{stdin: strings.NewReader(answer), stdout: &out, stderr: &errOut, typed: true}, args)
	return outcome{code, out.String(), errOut.String()}
}

// withoutQuestion is got without what it asked.
func withoutQuestion(got outcome) outcome {
	got.errOut = ""
	return got
}
