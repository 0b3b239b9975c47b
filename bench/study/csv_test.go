package study

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// aPoint has something else in each column.
func aPoint(repeat int) Point {
	return Point{
		Figure: "F1", Target: "pis=5:2B", Store: Pikv, Mode: Proxied, Workers: 4, Replicas: 2, Clients: 80, ValueBytes: 128, Op: Mix, Measure: Latency,
		Repeat: repeat, Started: time.Date(2026, 11, 29, 12, 30, 0, 123456789, time.UTC), Elapsed: 1.25, Ops: 1024, Failed: 3,
		Mean: 812.5, P50: 700, P99: 2100, Max: 9000, CPU: 0.75, MasterCPU: 0.5, WorkerCPU: 0.25, GeneratorShare: -1, Steal: 0.125, Idle: 62.5, Others: 8.5, Pace: 150.5, Tries: 2, Dilation: 3,
		Mark: `a node was lost, "w2"`,
	}
}

func appendPoints(t *testing.T, dir string, points ...Point) (dropped string) {
	t.Helper()
	f, err := AppendPoints(dir)
	require.NoError(t, err)
	for _, p := range points {
		require.NoError(t, f.Append(p))
	}
	require.NoError(t, f.Close())
	return f.Dropped
}

func TestPointsComeBackAsTheyWere(t *testing.T) {
	dir := t.TempDir()
	none, err := ReadPoints(dir)
	require.NoError(t, err)
	require.Empty(t, none)
	require.Empty(t, appendPoints(t, dir, aPoint(1), aPoint(2)))
	require.Empty(t, appendPoints(t, dir, aPoint(3)))
	got, err := ReadPoints(dir)
	require.NoError(t, err)
	require.Equal(t, []Point{aPoint(1), aPoint(2), aPoint(3)}, got)
	require.InDelta(t, 1024/1.25, got[0].PerSecond(), 1e-6)
	require.InDelta(t, 1024*128/1.25/1e6, got[0].MBPerSecond(), 1e-6)
}

func TestSamplesComeBackAsTheyWere(t *testing.T) {
	dir := t.TempDir()
	samples := []Sample{
		{Target: "x86", Mode: Direct, Event: Kill, At: 100, Due: 9000, Rate: 8000, P99: 400, Failed: 1, Steal: 2.5, Mark: "a node was lost: master"},
		{Target: "x86", Mode: Direct, Event: Kill, At: 150, Moment: "w1 was killed"},
	}
	require.NoError(t, WriteTimeline(dir, samples[:1]))
	require.NoError(t, WriteTimeline(dir, samples))
	got, err := ReadTimeline(dir)
	require.NoError(t, err)
	require.Equal(t, samples, got)
}

func TestEveryColumnIsOfAFieldOfItsOwn(t *testing.T) {
	names, fields := map[string]bool{}, map[any]bool{}
	var p Point
	for _, c := range pointColumns {
		names[c.name], fields[c.field(&p)] = true, true
	}
	require.Len(t, names, len(pointColumns))
	require.Len(t, fields, len(pointColumns))
}

// TestALineOfARunThatWasKilled is refused by readers, and dropped by who goes on,
// wherever it was cut.
func TestALineOfARunThatWasKilled(t *testing.T) {
	whole := t.TempDir()
	appendPoints(t, whole, aPoint(1), aPoint(2))
	content, err := os.ReadFile(filepath.Join(whole, PointsFile))
	require.NoError(t, err)
	end := strings.LastIndex(strings.TrimSpace(string(content)), "\n") + 1
	for _, cut := range []int{1, end - 1, end + 1, len(content) - 1} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, PointsFile), content[:cut], 0o644))
		_, err := ReadPoints(dir)
		require.ErrorIs(t, err, ErrHalfLine)
		require.ErrorContains(t, err, "--resume")
		require.NotEmpty(t, appendPoints(t, dir, aPoint(9)))
		got, err := ReadPoints(dir)
		require.NoError(t, err)
		require.Equal(t, aPoint(9), got[len(got)-1])
		require.Len(t, got, 1+max(strings.Count(string(content[:cut]), "\n")-1, 0), cut)
	}
}

func TestAFileThatIsNotOurs(t *testing.T) {
	for content, want := range map[string]string{
		"":                      "half written",
		"figure,target\nF1,x\n": "no column store, mode",
		strings.Join(strings.Split(header(), ",")[1:], ",") + "\n": "no column figure",
		header() + "\nF1\n": "wrong number of fields",
		header() + "\n" + strings.Repeat("x,", strings.Count(header(), ",")) + "\n": "line 2: workers",
		header() + "\n\"F1\n": "quote",
	} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, PointsFile), []byte(content), 0o644))
		_, err := ReadPoints(dir)
		require.ErrorContains(t, err, want, content)
		require.ErrorContains(t, err, PointsFile)
		if content != "" {
			_, err = AppendPoints(dir)
			require.Error(t, err, content)
		}
	}
}

// TestColumnsMoreAndElsewhere: a reader goes by their names; one that writes wants
// them to be its own.
func TestColumnsMoreAndElsewhere(t *testing.T) {
	dir := t.TempDir()
	appendPoints(t, dir, aPoint(1))
	name := filepath.Join(dir, PointsFile)
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	require.NoError(t, os.WriteFile(name, []byte("weather,"+lines[0]+"\nsunny,"+lines[1]+"\n"), 0o644))
	got, err := ReadPoints(dir)
	require.NoError(t, err)
	require.Equal(t, []Point{aPoint(1)}, got)
	_, err = AppendPoints(dir)
	require.ErrorContains(t, err, "another version")
}

// header is the first line of PointsFile.
func header() string {
	var names []string
	for _, c := range pointColumns {
		names = append(names, c.name)
	}
	return strings.Join(names, ",")
}
