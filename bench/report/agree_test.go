package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/study"
)

func TestAgree(t *testing.T) {
	first, second := play().all(), play().all()
	for i := range first.Points { // it was slower while the second run measured F5
		first.Points[i].Pace, second.Points[i].Pace = 150, 157
		if first.Points[i].Figure == "F5" {
			second.Points[i].Pace = 158
		}
	}
	for _, a := range Agree(first.Data, second.Data) {
		require.Equal(t, a.Points, a.Within, a.Figure)
		require.Zero(t, a.Left+int(a.Worst), a.Figure)
		if a.Figure == "F5" {
			require.Zero(t, a.Alike+a.Both)
		} else {
			require.Equal(t, []int{a.Points, a.Points}, []int{a.Alike, a.Both}, a.Figure)
		}
	}
	for i := range second.Points {
		p := &second.Points[i]
		switch {
		case p.Figure == "F5" && p.Target == playedPis && p.Mode == study.Direct:
			p.Elapsed *= 1.2
		case p.Figure == "F8" && p.Replicas == 3 && p.Measure == study.Latency:
			p.Mean *= 1.09
		case p.Figure == "F4" && p.ValueBytes == 1:
			p.Steal, p.Mean = 7, 9*p.Mean
		case p.Figure == "F6" && p.Workers == 1 && p.Repeat == 1:
			p.Mark, p.Elapsed = "a node was lost", 100
		}
	}
	byFigure := make(map[string]Agreement)
	for _, a := range Agree(first.Data, second.Data) {
		byFigure[a.Figure] = a
	}
	require.Equal(t, 1, byFigure["F5"].Points-byFigure["F5"].Within)
	require.InDelta(t, 0.2, byFigure["F5"].Worst, 1e-9)
	require.Contains(t, byFigure["F5"].Where, "pis=5:2B: pikv direct, 2 workers")
	require.Equal(t, byFigure["F8"].Points, byFigure["F8"].Within)
	require.Equal(t, byFigure["F8"].Points, byFigure["F8"].Both)
	require.InDelta(t, 0.09, byFigure["F8"].Worst, 1e-9)
	require.Equal(t, 4, byFigure["F4"].Left)
	require.Equal(t, byFigure["F6"].Points, byFigure["F6"].Within)

	r := built(first)
	before := len(r.Goals)
	r.AddAgreement(second.Data)
	require.Len(t, r.Agreement.Rows, 7)
	f5 := r.Goals[before+2] // F1 and F4 come first
	require.Equal(t, Refuted, f5.Met)
	require.Contains(t, f5.Measured, "3 of 4 points; largest difference 20 %")
	require.Contains(t, r.Goals[before].Measured, "where this machine was as fast in both; largest")
}
