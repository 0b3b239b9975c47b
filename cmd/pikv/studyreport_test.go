package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/bench/report"
	"pikv/bench/study"
)

// measured makes a folder with a point of F5.
func measured(t *testing.T, run study.Run) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, run.Write(dir))
	points, err := study.AppendPoints(dir)
	require.NoError(t, err)
	require.NoError(t, points.Append(study.Point{
		Figure: "F5", Target: "x86", Store: study.Pikv, Mode: study.Direct, Workers: 2, Replicas: 1, Clients: 32, ValueBytes: study.Megabyte, Op: study.Put,
		Measure: study.Latency, Repeat: 1, Started: time.Now(), Elapsed: 1.5, Ops: 256, Mean: 180_000, Max: 400_000, CPU: 1, Dilation: 1,
	}))
	require.NoError(t, points.Close())
	return dir
}

func TestStudyReport(t *testing.T) {
	run := study.Run{Version: "test", Done: true, Targets: []study.Target{{Name: "x86", Kind: study.KindMachine, Nodes: 1, Dilation: 1}}, Figures: []string{"F5"}}
	dir := measured(t, run)
	r := pikv(t, nil, "study", "report", dir)
	require.Equal(t, exitDone, r.code, r.errOut)
	require.Contains(t, r.out, "S4 not measured")
	require.Contains(t, r.out, filepath.Join(dir, "report", report.PageFile))
	require.FileExists(t, filepath.Join(dir, "report", report.MarkdownFile))
	require.FileExists(t, filepath.Join(dir, "report", "plots", "f5-elapsed-x86.png"))

	elsewhere := t.TempDir()
	r = pikv(t, nil, "study", "report", dir, "--out", elsewhere, "--again", measured(t, run))
	require.Equal(t, exitDone, r.code, r.errOut)
	require.Contains(t, r.out, "1 of 1 goals are met")
	require.FileExists(t, filepath.Join(elsewhere, report.PageFile))

	run.Figures = append(run.Figures, "F8")
	r = pikv(t, nil, "study", "report", measured(t, run))
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errOut, "no data for F8")
}

func TestStudyReportRefuses(t *testing.T) {
	r := pikv(t, nil, "study", "report")
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.errOut, "give one folder")
	r = pikv(t, nil, "study", "report", t.TempDir())
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errOut, "pikv study run")

	dir := measured(t, study.Run{Targets: []study.Target{{Name: "x86"}}, Figures: []string{"F5"}})
	r = pikv(t, nil, "study", "report", dir)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errOut, "--resume")
	require.NoDirExists(t, filepath.Join(dir, "report"))
	r = pikv(t, nil, "study", "report", dir, "--unfinished")
	require.Equal(t, exitDone, r.code, r.errOut)

	points := filepath.Join(dir, study.PointsFile)
	content, err := os.ReadFile(points)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(points, content[:len(content)-2], 0o644))
	r = pikv(t, nil, "study", "report", dir, "--unfinished")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errOut, "half written")
}
