package rollout

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// git runs git in this tree.
func git(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.Command("git", args...).CombinedOutput()
	require.NoError(t, err, string(out))
	return strings.TrimSpace(string(out))
}

// build makes the archives of a tree for some machines into a folder, and returns their version.
func build(t testing.TB, tree, to, machines string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(tree, "packaging", "build"), to)
	cmd.Env = append(os.Environ(), "FORMATS=tar", "MACHINES="+machines)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return regexp.MustCompile(`(?m)^== (\S+)$`).FindStringSubmatch(string(out))[1]
}

// builds is the variable that may name a folder in which builds are kept: whoever works on
// the playbooks does not want to wait for the same two builds again and again.
const builds = "PIKV_ROLLOUT_BUILDS"

// dist puts the archives of this tree and of the commit before it into one folder, as
// somebody has them who has upgraded before, and returns both versions.
func dist(t testing.TB) (folder, older, newer string) {
	t.Helper()
	folder = t.TempDir()
	if kept := os.Getenv(builds); kept != "" {
		if text, err := os.ReadFile(filepath.Join(kept, "versions")); err == nil {
			require.NoError(t, os.CopyFS(folder, os.DirFS(kept)))
			versions := strings.Fields(string(text))
			return folder, versions[0], versions[1]
		}
	}
	before := filepath.Join(t.TempDir(), "before")
	git(t, "worktree", "add", "--detach", before, "HEAD~1")
	t.Cleanup(func() { git(t, "worktree", "remove", "--force", before) })
	root, err := filepath.Abs("../..")
	require.NoError(t, err)

	var sums strings.Builder
	var versions []string
	for _, b := range []struct{ tree, machines string }{{before, "amd64"}, {root, "amd64 arm64"}} { // arm64 is for who takes the wrong one
		to := t.TempDir()
		versions = append(versions, build(t, b.tree, to, b.machines))
		text, err := os.ReadFile(filepath.Join(to, "SHA256SUMS"))
		require.NoError(t, err)
		sums.Write(text)
		require.NoError(t, os.Remove(filepath.Join(to, "SHA256SUMS")))
		require.NoError(t, os.CopyFS(folder, os.DirFS(to)))
	}
	if versions[0] == versions[1] {
		t.Fatalf("this commit and the one before it both have version %s", versions[0])
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "SHA256SUMS"), []byte(sums.String()), 0o644))
	if kept := os.Getenv(builds); kept != "" {
		require.NoError(t, os.CopyFS(kept, os.DirFS(folder)))
		require.NoError(t, os.WriteFile(filepath.Join(kept, "versions"), []byte(strings.Join(versions, " ")), 0o644))
	}
	return folder, versions[0], versions[1]
}
