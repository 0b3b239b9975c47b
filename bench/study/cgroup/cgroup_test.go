package cgroup

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/testcluster/need"
)

func TestThePeriodIsShortAndTheQuotaIsTaken(t *testing.T) {
	const ms, us = time.Millisecond, time.Microsecond
	for processors, want := range map[float64][2]time.Duration{
		2: {5 * ms, 10 * ms}, 0.25: {5 * ms, 1250 * us}, 0.2: {5 * ms, 1 * ms}, 0.16: {6250 * us, 1 * ms}, 0.04: {25 * ms, 1 * ms}, 0.001: {time.Second, 1 * ms},
	} {
		period, running, err := quota(processors, 1)
		require.NoError(t, err)
		require.Equal(t, want, [2]time.Duration{period, running}, processors)
		period, running, err = quota(processors, 1.07)
		require.NoError(t, err)
		require.InDelta(t, processors, running.Seconds()/period.Seconds(), 0.001*processors, "the part stays what it is")
		require.GreaterOrEqual(t, running, leastQuota)
	}
	for _, none := range []float64{0, -1, 0.0001} {
		_, _, err := quota(none, 1)
		require.Error(t, err, none)
	}
}

// TestPeriodsPassEachOther: of a dozen groups no two have periods so alike that they take
// more than a few seconds to meet in every way.
func TestPeriodsPassEachOther(t *testing.T) {
	var periods []time.Duration
	for n := range 12 {
		period, _, err := quota(0.16, stretch(n))
		require.NoError(t, err)
		for _, other := range periods {
			beat := 1 / math.Abs(1/period.Seconds()-1/other.Seconds())
			require.Less(t, beat, 3.0, "%v and %v", period, other)
		}
		periods = append(periods, period)
	}
	require.InDelta(t, 6.25, float64(periods[0].Microseconds())/1000, 1e-9, "the shortest is the first")
}

func TestWhereGroupsCanBeMade(t *testing.T) {
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
		return name
	}
	v2 := t.TempDir()
	controllers := func(text string) {
		require.NoError(t, os.WriteFile(filepath.Join(v2, "cgroup.controllers"), []byte(text), 0o644))
	}
	unified := "36 25 0:31 / " + v2 + " rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
	one := "30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n31 25 0:27 / /sys/fs/cgroup/memory rw shared:10 - cgroup cgroup rw,memory\n"
	groups := "9:memory:/user/x\n3:cpuset:/\n2:cpu,cpuacct:/y\n0::/z\n"

	got, err := find(file(unified+one), file(groups))
	require.NoError(t, err)
	require.Equal(t, roots{1, "/sys/fs/cgroup/cpu,cpuacct/y", "/sys/fs/cgroup/memory/user/x"}, got)

	got, err = find(file("31 25 0:27 /user /memory rw - cgroup cgroup rw,memory\n30 25 0:26 /elsewhere /cpu rw - cgroup cgroup rw,cpu\n"), file(groups))
	require.NoError(t, err)
	require.Equal(t, roots{1, "/cpu", "/memory/x"}, got, "a container's")

	controllers("cpuset cpu io memory pids\n")
	got, err = find(file(unified), file("0::/z\n"))
	require.NoError(t, err)
	require.Equal(t, roots{2, v2, v2}, got)
	controllers("cpuset cpu\n")
	_, err = find(file(unified), file("0::/z\n"))
	require.ErrorContains(t, err, "cgroup_enable=memory")
	_, err = find(file("22 1 8:1 / / rw - ext4 /dev/sda rw\nnonsense\n"), file("0::/z\n"))
	require.ErrorContains(t, err, "no file system")
}

// TestNetnsWhatAKilledProcessLeavesGoes, with what still runs there; what is a living
// one's stays, though it has the number of one that is gone.
func TestNetnsWhatAKilledProcessLeavesGoes(t *testing.T) {
	need.Root(t)
	tree, err := New()
	require.NoError(t, err)
	defer func() { require.NoError(t, tree.Close()) }()
	require.False(t, isStale(filepath.Base(tree.cpu)))
	require.False(t, isStale("user.slice"))
	before := filepath.Base(tree.cpu) + "0" // this process's number, another start
	left := &Tree{version: tree.version, cpu: filepath.Join(filepath.Dir(tree.cpu), before), memory: filepath.Join(filepath.Dir(tree.memory), before)}
	require.NoError(t, os.Mkdir(left.cpu, 0o755))
	if left.memory != left.cpu {
		require.NoError(t, os.Mkdir(left.memory, 0o755))
	}
	if left.version == 2 {
		require.NoError(t, enable(left.cpu))
	}
	g, err := left.Group(nil, "host", Limits{})
	require.NoError(t, err)
	line := g.Inside([]string{"sleep", "600"})
	cmd := exec.Command(line[0], line[1:]...)
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool {
		procs, err := os.ReadFile(filepath.Join(left.memory, "host", "cgroup.procs"))
		return err == nil && len(procs) > 0
	}, 10*time.Second, 5*time.Millisecond)
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()

	next, err := New()
	require.NoError(t, err)
	require.NoDirExists(t, left.cpu)
	require.NoDirExists(t, left.memory)
	require.DirExists(t, next.cpu)
	require.ErrorContains(t, <-done, "killed")
}

// TestNetnsAGroupGetsItsPart: a loop of so much work takes as many times longer as
// its part is smaller, and what needs more memory than its group has is killed.
func TestNetnsAGroupGetsItsPart(t *testing.T) {
	need.Root(t)
	tree, err := New()
	require.NoError(t, err)
	defer func() { require.NoError(t, tree.Close()) }()
	host, err := tree.Group(nil, "host", Limits{Processors: 0.5, Memory: 64 << 20})
	require.NoError(t, err)
	part, err := tree.Group(host, "part", Limits{Processors: 0.1})
	require.NoError(t, err)
	all, err := tree.Group(host, "all", Limits{})
	require.NoError(t, err)

	for group, want := range map[*Group]float64{part: 0.1, all: 0.5} {
		line := group.Inside([]string{"/bin/sh", "-c", "while :; do :; done"})
		cmd := exec.Command(line[0], line[1:]...)
		begin := time.Now()
		require.NoError(t, cmd.Start())
		time.Sleep(2 * time.Second) // the load is the time
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
		passed := time.Since(begin).Seconds() // more than that where others load the machine
		used := (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds() / passed
		require.Less(t, used, want*1.15)
		require.Greater(t, used, want*0.3, "it got hardly any of its part")
	}

	line := all.Inside([]string{"/bin/sh", "-c", "x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo ${#x}"})
	out, err := exec.Command(line[0], line[1:]...).CombinedOutput()
	require.Error(t, err, string(out))
	line = all.Inside([]string{"/bin/sh", "-c", "echo small"})
	out, err = exec.Command(line[0], line[1:]...).CombinedOutput()
	require.NoError(t, err)
	require.Equal(t, "small", strings.TrimSpace(string(out)))

	require.NoError(t, tree.Clear())
	_, err = tree.Group(nil, "host", Limits{})
	require.NoError(t, err)
}
