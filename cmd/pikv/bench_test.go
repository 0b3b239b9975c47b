package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client/clienttest"
	"pikv/wire"
)

// benchmarked runs `pikv bench` and returns what --json says.
func benchmarked(t *testing.T, sh func(string) outcome, flags string) map[string]any {
	t.Helper()
	got := sh("bench --json " + flags)
	require.Equal(t, exitDone, got.code, got.errOut)
	require.Empty(t, got.errOut)
	var res map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.out), &res))
	require.Zero(t, res["errors"])
	require.Zero(t, res["missing"])
	return res
}

// TestBenchWorkloads: each of YCSB's, with all keys loaded first, finds what it
// reads and leaves nothing behind.
func TestBenchWorkloads(t *testing.T) {
	sh := shell(t, clienttest.New(t, 2, 16))
	for _, name := range []string{"A", "b", "C", "D", "F"} {
		res := benchmarked(t, sh, "--ycsb "+name+" --load --clients 4 --requests 300 --keys 50 --value-size 8-16")
		w := res["workload"].(map[string]any)
		require.Equal(t, strings.ToUpper(name), w["ycsb"])
		require.Equal(t, 16.0, w["value_bytes_most"])
		require.Equal(t, 50.0, res["load"].(map[string]any)["keys"])
		require.Equal(t, 300.0, res["all"].(map[string]any)["count"])
		require.Equal(t, name == "F", res["read_modify_writes"] != nil)
		require.NotContains(t, res, "server_cpu", "the nodes of this test are not pikvd")
		printed(t, "", sh("keys"))
	}
}

func TestBenchWithAWarmUpAndAHistogram(t *testing.T) {
	sh := shell(t, clienttest.New(t, 2, 16))
	file := filepath.Join(t.TempDir(), "latency.hgrm")
	res := benchmarked(t, sh, "--distribution zipfian --warmup 50ms --requests 100 --clients 2 --keys 50 --histogram "+file)
	require.Equal(t, 100.0, res["all"].(map[string]any)["count"])
	require.NotContains(t, res, "load")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), "Total count    =          100")
}

// TestMistakesOfBench: all at once, each with its flag.
func TestMistakesOfBench(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	sh := shell(t, c)
	for line, want := range map[string]string{
		"--ycsb E --read-share 1 --distribution zipfian": "3 mistakes:\n" +
			"  --read-share: --ycsb says that, give one of the two\n" +
			"  --distribution: --ycsb says that, give one of the two\n" +
			"  --ycsb: \"E\" scans ranges of keys, which pikv does not have; take A, B, C, D or F\n",
		"--ycsb Z --value-size 9-5 --warmup -1s --distribution odd --histogram= --rate -1 --duration -1s": "8 mistakes:\n" +
			"  --value-size: \"9-5\" has its ends the wrong way round\n" +
			"  --duration: -1s is negative\n" +
			"  --warmup: -1s is negative\n" +
			"  --distribution: \"odd\" is not uniform or zipfian\n" +
			"  --rate: -1 is not between 0 and 1000000000\n" +
			"  --distribution: --ycsb says that, give one of the two\n" +
			"  --ycsb: \"Z\" is not A, B, C, D or F\n" +
			"  --histogram needs a name\n",
		"--value-size -1 --keys -1 --histogram /no/such/folder/f": "3 mistakes:\n" +
			"  --value-size: \"-1\" is neither a number of bytes nor a range such as 64-192\n" +
			"  --keys: -1 is negative\n" +
			"  --histogram: there is no folder /no/such/folder\n",
		"--rate inf --duration 1s --keys -1": "2 mistakes:\n" +
			"  --keys: -1 is negative\n" +
			"  --rate: +Inf is not between 0 and 1000000000\n",
		"--value-size 100000000 --distribution latest": "2 mistakes:\n" +
			"  --value-size: 100000000 is more than 67108864, the largest value\n" +
			"  --distribution: latest is for workloads that insert\n",
	} {
		got := sh("bench " + line)
		require.Equal(t, exitUsage, got.code, line)
		require.Equal(t, "pikv: "+want+"see pikv bench --help\n", got.errOut, line)
	}
	require.Empty(t, c.Workers[0].Requests())
}

// TestTheBarIsForWhoWatches, on stderr, and is gone at the end.
func TestTheBarIsForWhoWatches(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	t.Setenv("PIKV_SEEDS", c.Master.Addr)
	var out, errOut bytes.Buffer
	e := env{stdin: strings.NewReader(""), stdout: &out, stderr: &errOut, watched: true}
	require.Equal(t, exitDone, run(t.Context(), e, strings.Fields("bench --duration 600ms --clients 2")))
	require.Contains(t, errOut.String(), "run, ")
	require.Contains(t, errOut.String(), "%")
	require.NotContains(t, errOut.String(), "\n")
	require.True(t, strings.HasSuffix(errOut.String(), "\r"), "%q", errOut.String())
	require.NotContains(t, out.String(), "\r")
}

func TestProcessesOfTheNodes(t *testing.T) {
	members := []wire.MemberStatus{
		{Name: "m", Role: roleMaster, Addr: "127.0.0.1:1"},
		{Name: "w1", Role: roleWorker, Addr: "127.0.0.1:2", Replicas: 5},
		{Name: "w2", Role: roleWorker, Addr: "127.0.0.1:3", Replicas: 5},
		{Name: "spare", Role: roleWorker, Addr: "127.0.0.1:4"},
	}
	pids := map[uint16]int{1: 11, 2: 12, 3: 13}
	name := "pikvd"
	listener := func(addr netip.AddrPort) (int, string, error) {
		if pid, ok := pids[addr.Port()]; ok {
			return pid, name, nil
		}
		return 0, "", errors.New("not here")
	}
	require.Equal(t, nodeProcesses{12, 13}, processesOf(members, false, listener))
	require.Equal(t, nodeProcesses{11, 12, 13}, processesOf(members, true, listener))
	pids[3] = 12
	require.Equal(t, nodeProcesses{12}, processesOf(members, false, listener), "one process, two nodes")
	name = "ssh"
	require.Empty(t, processesOf(members, false, listener), "a tunnel")
	name = "pikvd"
	delete(pids, 2)
	require.Empty(t, processesOf(members, false, listener), "one is elsewhere")
	require.Empty(t, processesOf([]wire.MemberStatus{{Role: roleWorker, Replicas: 1, Addr: "nowhere"}}, false, listener))
}

func TestTheirProcessorTime(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("there is no /proc")
	}
	self := nodeProcesses{os.Getpid()}
	processes, used := self.used(self.cpu())
	require.Equal(t, 1, processes)
	require.Less(t, used, time.Minute)
	gone := nodeProcesses{1 << 30}
	processes, _ = gone.used(gone.cpu())
	require.Zero(t, processes)
	processes, _ = self.used(-1)
	require.Zero(t, processes)
}
