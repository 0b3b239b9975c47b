package main

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// A report names a commit: what differs from it is refused, but for what figures
// write.
func TestWhatIsNotCommittedIsRefused(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	folder := t.TempDir()
	t.Chdir(folder)
	git := func(args ...string) {
		out, err := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@t"}, args...)...).CombinedOutput()
		require.NoError(t, err, string(out))
	}
	require.NoError(t, os.Mkdir("docs", 0o755))
	for _, file := range []string{"code.go", "docs/REPORT.md"} {
		require.NoError(t, os.WriteFile(file, nil, 0o644))
	}
	require.Error(t, checkCommitted(t.Context()), "there is no commit to name")
	git("init", "-q")
	git("add", ".")
	git("commit", "-q", "-m", "all")
	require.NoError(t, checkCommitted(t.Context()))
	require.NoError(t, os.WriteFile("docs/REPORT.md", []byte("figures"), 0o644))
	require.NoError(t, checkCommitted(t.Context()))
	require.NotContains(t, provenance(t.Context()), "dirty")
	require.NoError(t, os.WriteFile("code.go", []byte("package main"), 0o644))
	require.ErrorIs(t, checkCommitted(t.Context()), errUncommitted)
	require.Contains(t, provenance(t.Context()), "-dirty")
}
