package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "f")
	require.NoError(t, replaceFile(t.Context(), name, []byte("one")))
	require.NoError(t, os.Chmod(name, 0o640))
	require.NoError(t, os.Symlink("f", filepath.Join(dir, "link")))
	require.NoError(t, replaceFile(t.Context(), filepath.Join(dir, "link"), []byte("two")))
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "two", string(content), "the link was followed")
	st, err := os.Lstat(name)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o640), st.Mode().Perm(), "permissions stay")

	// Interrupted, or impossible: the old content stays, and nothing is left behind.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, replaceFile(ctx, name, []byte("three")), context.Canceled)
	require.ErrorIs(t, replaceFile(t.Context(), filepath.Join(dir, "no", "f"), nil), fs.ErrNotExist)
	require.Error(t, replaceFile(t.Context(), dir, nil), "a directory")
	content, err = os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "two", string(content))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2)

	require.NoError(t, replaceFile(t.Context(), os.DevNull, []byte("gone")))
	st, err = os.Stat(os.DevNull)
	require.NoError(t, err)
	require.Equal(t, fs.ModeDevice|fs.ModeCharDevice, st.Mode()&fs.ModeType, "a device is written to, not replaced")
}
