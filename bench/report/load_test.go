package report

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/study"
)

// folder writes a run as `pikv study run` does.
func folder(t *testing.T, d *Data) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, d.Run.Write(dir))
	points, err := study.AppendPoints(dir)
	require.NoError(t, err)
	for _, p := range d.Points {
		require.NoError(t, points.Append(p))
	}
	require.NoError(t, points.Close())
	require.NoError(t, study.WriteTimeline(dir, d.Samples))
	return dir
}

func TestLoad(t *testing.T) {
	p := play().all()
	d, err := Load(folder(t, p.Data), false)
	require.NoError(t, err)
	require.Len(t, d.Points, len(p.Points))
	require.Len(t, d.Samples, len(p.Samples))
	require.Empty(t, Build(d, d.Run.Started).Missing())
}

func TestLoadRefuses(t *testing.T) {
	none := t.TempDir()
	_, err := Load(none, false)
	require.ErrorIs(t, err, study.ErrNoRun)
	require.ErrorContains(t, err, none)

	p := play().all()
	p.Run.Done = false
	unfinished := folder(t, p.Data)
	_, err = Load(unfinished, false)
	require.ErrorIs(t, err, ErrUnfinished)
	require.ErrorContains(t, err, "--resume")
	d, err := Load(unfinished, true)
	require.NoError(t, err)
	require.Contains(t, Build(d, d.Run.Started).warnings()[0], "not finished")

	for _, name := range []string{study.PointsFile, study.TimelineFile} {
		half := folder(t, play().all().Data)
		file := filepath.Join(half, name)
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, content[:len(content)-7], 0o644))
		_, err = Load(half, false)
		require.ErrorIs(t, err, study.ErrHalfLine)
		require.ErrorContains(t, err, "--resume")
	}

	foreign := play().all()
	foreign.Run.Targets = foreign.Run.Targets[:1]
	_, err = Load(folder(t, foreign.Data), false)
	require.ErrorIs(t, err, ErrForeignPoint)
	require.ErrorContains(t, err, playedPis)
}
