package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/study"
)

// saidOf returns what the report says of the bottleneck of a target and a way.
func saidOf(t *testing.T, p *played, of string) string {
	t.Helper()
	for _, said := range built(p).Bottleneck.Conclusions {
		if strings.HasPrefix(said, of) {
			return said
		}
	}
	t.Fatalf("nothing is said of %s", of)
	return ""
}

// TestTheBottleneckIsWhatIsNearestToItsLimit of what the points have used.
func TestTheBottleneckIsWhatIsNearestToItsLimit(t *testing.T) {
	const pis = "simulated: 5 × Raspberry Pi 2B, "
	p := play().all()
	direct, proxied := saidOf(t, p, pis+"direct"), saidOf(t, p, pis+"through the master")
	require.Regexp(t, `the workers' NICs are the limit in F4 \(100 KB: .* %, 1 MB: .* %\), F5 \(1 MB: 9\d.* %\); nothing is near its limit in F1 \(1 worker: 5\d`, direct)
	require.Regexp(t, `the master's NIC is the limit in F4 \(100 KB`, proxied)
	require.NotContains(t, direct+proxied, "processors are the limit")

	for i := range p.Points { // a worker has 0.48 s of processor time in a second: 0.45 of it for 5000 requests
		if x := &p.Points[i]; x.Target == playedPis && x.Measure == study.Throughput && x.Mode == study.Direct {
			x.WorkerCPU = float64(x.Ops) * 90e-6
		} else if x.Target == playedPis && x.Figure == "F1" && x.Mode == study.Proxied {
			x.MasterCPU = x.Elapsed * 0.47
		}
	}
	require.Regexp(t, `the workers' processors are the limit in F1 \(1 worker: 9.*, 4 workers: 9.* %\), F6 \(`, saidOf(t, p, pis+"direct"))
	require.Regexp(t, `the master's processors are the limit in F1 \(`, saidOf(t, p, pis+"through the master"))

	for i := range p.Points { // the generator is busier still, or the machine has nothing left
		x := &p.Points[i]
		if x.Figure == "F1" {
			x.GeneratorShare = 1
		}
		if x.Figure == "F6" {
			x.Idle = 1
		}
	}
	said := saidOf(t, p, pis+"direct")
	require.Contains(t, said, "the load generator is the limit in F1")
	require.Regexp(t, `but in F6 \(1 worker.* this machine had next to nothing left`, said)
	require.Regexp(t, `this machine .*, direct: the processors, which all share, are the limit in F6 \(1 worker: 99 %.*; of them the workers take most in F6`, saidOf(t, p, "this machine (Intel Xeon @ 2.80GHz, 2 cores), direct"))
}

// TestTheBottleneckIsAPartOfBothForms, with the use of each resource; there is none where
// nothing was measured, and what a cluster does not tell is not known.
func TestTheBottleneckIsAPartOfBothForms(t *testing.T) {
	p := play().all()
	p.Run.Figures = []string{"F5"} // others take longer to draw
	dir := t.TempDir()
	require.NoError(t, built(p).Write(dir))
	for _, name := range []string{PageFile, MarkdownFile} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Contains(t, string(text), "Where is the bottleneck?")
		require.Contains(t, string(text), "nearest to its limit")
	}
	machine := built(p).Bottleneck.Tables[0]
	require.Equal(t, []string{"40 %", "all processors, most of it: workers"}, machine.Rows[0][len(machine.Columns)-2:])
	for i := range p.Points { // something else ran beside it
		if x := &p.Points[i]; x.Target == playedX86 {
			x.Idle, x.GeneratorShare, x.CPU, x.WorkerCPU = 0, 0.1, x.CPU/10, x.WorkerCPU/10
		}
	}
	require.Contains(t, built(p).Bottleneck.Conclusions[0], "of them the kernel and other programs take most in F1 (1 worker: 80")
	p.Run.Targets[1].Kind = study.KindCluster
	table := built(p).Bottleneck.Tables[1]
	require.Equal(t, "–", table.Rows[0][4], table.Columns[4])
	require.Nil(t, built(play()).Bottleneck)
}
