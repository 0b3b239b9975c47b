package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/testcluster"
)

// TestBenchKeepsItsRate: what is due within the duration is made, and no sooner than
// it is due, however busy the machine is.
func TestBenchKeepsItsRate(t *testing.T) {
	_, sh := realCluster(t, testcluster.Options{Workers: 1, Replicas: 1})
	const rate, requests = 300, 450
	res := benchmarked(t, sh, fmt.Sprintf("--rate %d --duration 1500ms --clients 8 --connections 2 --keys 50", rate))
	require.Equal(t, float64(requests), res["all"].(map[string]any)["count"])
	require.GreaterOrEqual(t, res["elapsed_ns"], float64((requests-1)*time.Second/rate))
}

// TestBenchWorkloadsAtTheWorker: the writes of each of YCSB's are as many as it asks
// for, by the numbers that a partition gives them; all keys lie in one.
func TestBenchWorkloadsAtTheWorker(t *testing.T) {
	c, sh := realCluster(t, testcluster.Options{Workers: 1, Replicas: 1})
	cl := c.Client()
	const keys, requests = 40, 1000
	for name, want := range map[string]struct{ writes, within float64 }{ // at least five standard deviations
		"A": {500, 80}, "B": {50, 35}, "C": {0, 0}, "D": {50, 35}, "F": {500, 80},
	} {
		before := lastNumber(t, cl)
		res := benchmarked(t, sh, fmt.Sprintf("--ycsb %s --load --keep --prefix {tag}%s --clients 4 --requests %d --keys %d", name, name, requests, keys))
		wrote := float64(lastNumber(t, cl) - before - 1 - keys)
		said := res["writes"].(map[string]any)["count"].(float64)
		if name == "F" {
			require.Zero(t, said)
			said = res["read_modify_writes"].(map[string]any)["count"].(float64)
		}
		require.Equal(t, said, wrote, name)
		require.InDelta(t, want.writes, wrote, want.within, name)
		require.Equal(t, float64(requests), said+res["reads"].(map[string]any)["count"].(float64), name)
	}
}

// lastNumber writes a key, and returns the number that its partition gave that.
func lastNumber(t *testing.T, cl *client.Client) uint64 {
	t.Helper()
	n, err := cl.Put(t.Context(), "{tag}", nil)
	require.NoError(t, err)
	return n
}

// TestBenchConnectionsAtTheWorker: callers share as many as are asked for, or have one
// each.
func TestBenchConnectionsAtTheWorker(t *testing.T) {
	if _, err := os.Stat("/proc/net/tcp"); err != nil {
		t.Skip("there is no /proc/net/tcp")
	}
	c, sh := realCluster(t, testcluster.Options{Workers: 1, Replicas: 1})
	worker := c.Node("w1").RPC
	before := connectionsAt(t, worker)
	for flags, want := range map[string]int{"--clients 12 --connections 3": 3, "--clients 5": 5} {
		// The machine may be too busy to look often enough during one run.
		var seen map[int]int
		for range 5 {
			require.Eventually(t, func() bool { return connectionsAt(t, worker) == before }, time.Minute, 10*time.Millisecond, "those of the last run end")
			if seen = looks(t, sh, flags, func() int { return connectionsAt(t, worker) - before }); usual(seen) == want {
				break
			}
		}
		require.Equal(t, want, usual(seen), "%s: connections and how many looks saw so many: %v", flags, seen)
	}
}

// looks counts how often count was which number while the bench ran.
func looks(t *testing.T, sh func(string) outcome, flags string, count func() int) map[int]int {
	t.Helper()
	seen := make(map[int]int)
	done := make(chan outcome, 1)
	go func() { done <- sh("bench --json --keys 50 --duration 1s " + flags) }()
	for {
		select {
		case got := <-done:
			require.Equal(t, exitDone, got.code, got.errOut)
			return seen
		case <-time.After(10 * time.Millisecond):
			seen[count()]++
		}
	}
}

// usual is what most looks saw. One while connections come sees fewer, and the kernel's
// list may name some twice while others come and go.
func usual(seen map[int]int) int {
	most := 0
	for n, looks := range seen {
		if looks > seen[most] {
			most = n
		}
	}
	return most
}

// connectionsAt counts the connections that a listener of this machine has taken.
func connectionsAt(t *testing.T, addr string) (n int) {
	t.Helper()
	_, port, _ := strings.Cut(addr, ":")
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	const established = "01"
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue // no IPv6
		}
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) > 3 && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", number)) && f[3] == established {
				n++
			}
		}
	}
	return n
}
