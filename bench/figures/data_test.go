package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatWasMeasuredAsAFile(t *testing.T) {
	data := newTable("system", "round", "calls per second")
	data.add("pikv", 1, 1234.5)
	data.add(`a, "b"`, 2, 1.0/3)
	name := filepath.Join(t.TempDir(), "docs", "bench", "x.csv")
	require.NoError(t, data.writeFile(name))
	got, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "system,round,calls per second\npikv,1,1234.5000\n\"a, \"\"b\"\"\",2,0.3333\n", string(got))

	back, err := readTable(name)
	require.NoError(t, err)
	require.Equal(t, data, back)
	_, err = readTable(name + "x")
	require.ErrorIs(t, err, os.ErrNotExist)

	data.add("short")
	require.ErrorContains(t, data.writeFile(name), "row 3 has 1 fields, the head 3")
}

// TestTheSectionBringsItsData beside the report.
func TestTheSectionBringsItsData(t *testing.T) {
	file := filepath.Join(t.TempDir(), "figures.md")
	data := newTable("x")
	data.add(1)
	require.NoError(t, writeSection(file, figure{name: "one", title: "One"}, section{text: "a\n", data: data}))
	got, err := os.ReadFile(filepath.Join(filepath.Dir(file), "bench", "one.csv"))
	require.NoError(t, err)
	require.Equal(t, "x\n1\n", string(got))
}

// A sheet's tables are in the text, and each value in the file beside it.
func TestASheetKeepsEachValue(t *testing.T) {
	s := newSheet()
	s.say("%d rounds:\n\n", 2)
	s.table("first", tableRow{name: "x", goal: "at most 3", format: "%.0f", values: []float64{2, 1}})
	require.Equal(t, "2 rounds:\n\n| | goal | median | lowest | highest |\n|---|---|---|---|---|\n| x | at most 3 | 2 | 1 | 2 |\n", s.section().text)
	require.Equal(t, [][]string{{"part", "measured", "round", "value"}, {"first", "x", "1", "2.0000"}, {"first", "x", "2", "1.0000"}}, s.section().data.rows)
}
