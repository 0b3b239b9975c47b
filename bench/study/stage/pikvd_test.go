package stage

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheDaemonIsCopied: what is measured stays the same when who builds puts another one
// in its place.
func TestTheDaemonIsCopied(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	built := filepath.Join(bin, "pikvd")
	require.NoError(t, os.WriteFile(built, []byte("#!/bin/sh\necho old\n"), 0o755))
	path, remove, err := CopyPikvd()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(built, []byte("#!/bin/sh\necho new\n"), 0o755))
	out, err := exec.Command(path).Output()
	require.NoError(t, err)
	require.Equal(t, "old\n", string(out))
	require.NoError(t, remove())
	require.NoFileExists(t, path)

	require.NoError(t, os.Remove(built))
	t.Setenv("PATH", bin)
	_, _, err = CopyPikvd()
	require.ErrorContains(t, err, "make build")
}
