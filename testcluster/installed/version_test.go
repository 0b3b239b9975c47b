package installed

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestVersionsOfCommits: what packaging/version says of tags and the commits behind them,
// and that each is an upgrade of the one before it.
func TestVersionsOfCommits(t *testing.T) {
	script, err := os.ReadFile("../../packaging/version")
	require.NoError(t, err)
	dir := t.TempDir()
	file := filepath.Join(dir, "packaging", "version")
	require.NoError(t, os.Mkdir(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, script, 0o755))
	run := func(name string, args ...string) (string, error) {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b",
			"GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z")
		out, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	git := func(args ...string) string {
		t.Helper()
		out, err := run("git", args...)
		require.NoError(t, err, out)
		return out
	}
	commit := func(tag string) string { // returns the version of a new commit
		t.Helper()
		git("commit", "-q", "--allow-empty", "-m", "more")
		if tag != "" {
			git("tag", tag)
		}
		version, err := run("bash", file)
		require.NoError(t, err, version)
		return strings.ReplaceAll(version, git("rev-parse", "--short=12", "HEAD"), "COMMIT")
	}
	git("init", "-q")
	var versions []string
	for _, c := range []struct{ tag, want string }{
		{"", "0.0.0+git20260102030405.1.COMMIT"}, // all of one second
		{"", "0.0.0+git20260102030405.2.COMMIT"},
		{"", "0.0.0+git20260102030405.3.COMMIT"},
		{"", "0.0.0+git20260102030405.4.COMMIT"},
		{"v1.2.3-rc1", "1.2.3~rc1"},
		{"", "1.2.3~rc1+1.gCOMMIT"},
		{"v1.2.3-rc.2", "1.2.3~rc.2"},
		{"v1.2.3", "1.2.3"},
		{"", "1.2.3+1.gCOMMIT"},
		{"v1.3", "1.3"},
		{"v2", "2"},
	} {
		got := commit(c.tag)
		require.Equal(t, c.want, got)
		versions = append(versions, got)
	}
	git("commit", "-q", "--allow-empty", "-m", "more")
	git("tag", "v3-before-the-move")
	out, err := run("bash", file)
	require.Error(t, err, "neither a version nor none: %s", out)
	require.Contains(t, out, "v3-before-the-move; want a tag such as v1.2.3")

	if _, err := exec.LookPath("dpkg"); err != nil {
		t.Log("no dpkg here that could compare versions")
		return
	}
	for i := 1; i < len(versions); i++ {
		_, err := run("dpkg", "--compare-versions", versions[i-1], "lt", versions[i])
		require.NoError(t, err, "%s is older than %s", versions[i-1], versions[i])
	}
}
