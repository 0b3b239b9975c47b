package study

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestARunComesBackAsItWas(t *testing.T) {
	dir := t.TempDir()
	_, err := ReadRun(dir)
	require.ErrorIs(t, err, ErrNoRun)
	want := Run{
		Version: "v1", Commit: "abc", Started: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC),
		Machine: Machine{Model: "Xeon", Cores: 2, Kernel: "6.1", CoreSpeed: 0.9},
		Targets: []Target{
			{Name: "x86", Kind: KindMachine, Nodes: 5, Dilation: 1, CoreSpeed: 1},
			{Name: "pis=5:2B", Kind: KindSimulated, Model: "Raspberry Pi 2B", Nodes: 5, Dilation: 3, NICBits: 94e6, NICs: []NIC{{"master", 94e6, 95e6}}, CoreShare: 0.16, CoreSpeed: 0.12, MemoryBytes: 1 << 30},
			{Name: "cluster", Kind: KindCluster, Hosts: []Host{{Name: "pi1", Throttled: "0x50005"}}, Notes: []string{"n"}, Without: map[string]string{"F9": "not here"}, Throttled: "pi1: 0x50005"},
		},
		Figures: []string{"F1", "F5"}, Done: true, Failed: []string{"x86: F1: it does not start"},
	}
	require.NoError(t, want.Write(dir))
	got, err := ReadRun(dir)
	require.NoError(t, err)
	require.Equal(t, want, got)
	pis, ok := got.Target("pis=5:2B")
	require.True(t, ok)
	require.Equal(t, 3.0, pis.Dilation)
	_, ok = got.Target("x")
	require.False(t, ok)

	require.NoError(t, os.WriteFile(filepath.Join(dir, RunFile), []byte(`{"Version": 1`), 0o644))
	_, err = ReadRun(dir)
	require.ErrorContains(t, err, RunFile)
	require.Error(t, want.Write(filepath.Join(dir, "none")))
}
