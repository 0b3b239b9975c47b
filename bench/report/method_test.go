package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/study"
)

// TestTheMethodIsInBothForms, with what was stolen, the rate of each NIC and what failed.
func TestTheMethodIsInBothForms(t *testing.T) {
	p := play().all()
	p.Run.Figures = []string{"F5", "F10"} // others take longer to draw
	p.Run.Targets[1].NICs = []study.NIC{{Host: "master", In: 95e6, Out: 94.4e6}, {Host: "w1", In: 96e6, Out: 97e6}}
	p.Run.Done, p.Run.Failed = false, []string{"x86: F9: it does not start"}
	for i := range p.Points {
		p.Points[i].Steal, p.Points[i].Pace = 0.5, 150
	}
	p.Points[len(p.Points)-1].Steal = 77
	dir := t.TempDir()
	require.NoError(t, built(p).Write(dir))
	for _, name := range []string{PageFile, MarkdownFile} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		for _, text := range []string{
			"Method", "A red cross is a repeat", "took 0.5 % in the median, 77 % at most, of ", " repeats and 8 timelines", "took this machine 150 µs of processor time", "F10 is direct only",
			"master 95 in and 94.4 out, w1 96 in and 97 out", "This could not be measured: x86: F9: it does not start",
		} {
			require.Contains(t, string(content), text, name)
		}
	}
}

// TestTheMastersProcessorsAreApart: idle beside busy workers, it does not make them less busy.
func TestTheMastersProcessorsAreApart(t *testing.T) {
	d := play().Data
	pi := study.Point{Target: playedPis, Store: study.Pikv, Workers: 4, Dilation: 3, Elapsed: 10, Ops: 1, CPU: 9.12, MasterCPU: 0.48, WorkerCPU: 8.64}
	master, workers := d.usesOf(pi)
	require.InDelta(t, 0.1, master, 1e-9)
	require.InDelta(t, 0.45, workers, 1e-9)
	server := study.Point{Target: playedX86, Store: study.Pikv, Workers: 4, Dilation: 1, Elapsed: 10, Ops: 500, CPU: 10.8, MasterCPU: 2.7, WorkerCPU: 8.1}
	master, workers = d.usesOf(d.whole(server))
	require.InDelta(t, 0.25, master, 1e-6)
	require.InDelta(t, 0.75, workers, 1e-6)

	table := find(t, built(play().all()), "F2").Tables[0]
	require.Contains(t, strings.Join(table.Columns, "; "), "use of the master's processors; of the workers'")
	require.Equal(t, "0 %", table.Rows[0][3], "a direct one")
	require.NotEqual(t, "0 %", table.Rows[0][4])
}

// TestASlowCoresTimeIsAddedToEveryLatency of simulated computers: F8's and F9's, too.
func TestASlowCoresTimeIsAddedToEveryLatency(t *testing.T) {
	p := play().all()
	r := built(p)
	for _, id := range []string{"f8", "f9"} {
		f := find(t, r, strings.ToUpper(id))
		var plain, corrected Panel
		for _, panel := range f.Panels {
			require.NotEqual(t, id+"-mean-corrected-x86", panel.Name, "it was not simulated")
			switch panel.Name {
			case id + "-mean-" + slug(playedPis):
				plain = panel
			case id + "-mean-corrected-" + slug(playedPis):
				corrected = panel
			}
		}
		require.NotEmpty(t, corrected.Series, id)
		// 50 µs of processor time for each request, on a core that is 0.12 as fast and was dilated by 3.
		require.InDelta(t, plain.Series[0].Points[0].Y.Median+0.05*(1/0.12-1.0/3), corrected.Series[0].Points[0].Y.Median, 1e-6)
		require.Contains(t, f.Notes, slowCoreNote)
	}
	require.Contains(t, find(t, r, "F9").Tables[0].Columns, "mean, slow core added (ms)")
}
