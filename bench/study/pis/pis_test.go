package pis

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/bench/study"
	"pikv/bench/study/runner"
	"pikv/testcluster/need"
)

var thisMachine = study.Machine{Cores: 2, CoreSpeed: 1}

func TestTargetsThatCannotBePlayed(t *testing.T) {
	for target, want := range map[string]string{
		"pis=5":                         "such as pis=5:2B",
		"pis=1:2B":                      "at least one worker",
		"pis=1000:2B":                   "at most 100",
		"pis=five:2B":                   "how many",
		"pis=5:Pi 9":                    "Raspberry Pi 2B", // it lists them
		"pis=5:FAWN's traditional node": "not known",
	} {
		_, err := New(target, 0, thisMachine, "pikvd")
		require.ErrorContains(t, err, target)
		require.ErrorContains(t, err, want)
	}
	_, err := New("pis=5:2B", 1, thisMachine, "pikvd")
	require.ErrorIs(t, err, ErrTooFewCores)
	if os.Geteuid() != 0 {
		require.ErrorContains(t, err, "root")
	}
}

// played returns an open stage of simulated computers, with a pikvd of this source.
func played(t *testing.T, target string, dilate float64) *Pis {
	t.Helper()
	pikvd := filepath.Join(t.TempDir(), "pikvd")
	out, err := exec.Command("go", "build", "-o", pikvd, "pikv/cmd/pikvd").CombinedOutput()
	require.NoError(t, err, string(out))
	p, err := New(target, dilate, thisMachine, pikvd)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	require.NoError(t, p.Open(t.Context()))
	return p
}

// TestNetnsAPiIsAsFastAsItsNIC, slowed down or not: values of a megabyte through two
// of them take what the NICs take, scaled back.
func TestNetnsAPiIsAsFastAsItsNIC(t *testing.T) {
	need.Root(t)
	p := played(t, "pis=3:2B", 4)
	target := p.Target()
	require.InDelta(t, 94e6, target.NICBits, 8e6)
	require.Len(t, target.NICs, 3, "each host's")
	for i, n := range target.NICs {
		require.Equal(t, []string{"master", "w1", "w2"}[i], n.Host)
		require.GreaterOrEqual(t, min(n.In, n.Out), target.NICBits)
	}
	require.InDelta(t, 0.12, target.CoreShare, 0.01)
	dir := t.TempDir()
	step := study.Step{
		Figure: "F5", Store: study.Pikv, Mode: study.Direct, Workers: 2, Replicas: 1, Clients: 8, ValueBytes: study.Megabyte, Op: study.Put,
		Measure: study.Latency, Repeats: 1, Keys: 16, Even: true, Once: true,
	}
	proxied := step
	proxied.Mode = study.Proxied
	r := runner.Runner{Stage: p, Dir: dir, Steps: []study.Step{step, proxied}, Begin: func(study.Step, int) {}, End: func(study.Step) {}}
	require.NoError(t, r.Run(t.Context()))
	points, err := study.ReadPoints(dir)
	require.NoError(t, err)
	require.Len(t, points, 2)
	floor := 16 * study.Megabyte / (target.NICBits / 8)
	require.Greater(t, points[0].Elapsed, 0.9*floor/2)
	require.Greater(t, points[1].Elapsed, 0.9*floor, "all of it goes through one NIC")
	require.Equal(t, 4.0, points[0].Dilation)
}

// TestNetnsAPiHasItsPartOfTheProcessors: requests cost it no more than that.
func TestNetnsAPiHasItsPartOfTheProcessors(t *testing.T) {
	need.Root(t)
	p := played(t, "pis=2:2B", 4)
	dir := t.TempDir()
	r := runner.Runner{
		Stage: p, Dir: dir, Begin: func(study.Step, int) {}, End: func(study.Step) {},
		Steps: []study.Step{{
			Figure: "F6", Store: study.Pikv, Mode: study.Direct, Workers: 1, Replicas: 1, Clients: 50, ValueBytes: 100, Op: study.Get,
			Measure: study.Throughput, Repeats: 1, Duration: time.Second, Keys: 100,
		}},
	}
	require.NoError(t, r.Run(t.Context()))
	points, err := study.ReadPoints(dir)
	require.NoError(t, err)
	require.Len(t, points, 1)
	used := points[0].WorkerCPU / (points[0].Elapsed * 4)
	require.Less(t, used, 1.2*p.Target().CoreShare)
	require.Positive(t, points[0].Ops)
}
