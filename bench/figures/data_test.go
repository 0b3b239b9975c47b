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
