package main

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadGossipKey(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	write := func(text string, mode os.FileMode) string {
		file := filepath.Join(t.TempDir(), "key")
		require.NoError(t, os.WriteFile(file, []byte(text), mode))
		return file
	}

	for _, size := range []int{16, 24, 32} {
		got, warning, err := readGossipKey(write(base64.StdEncoding.EncodeToString(key[:size])+"\n", 0o600))
		require.NoError(t, err)
		require.Empty(t, warning)
		require.Equal(t, key[:size], got)
	}

	_, warning, err := readGossipKey(write(base64.StdEncoding.EncodeToString(key), 0o644))
	require.NoError(t, err)
	require.Contains(t, warning, "others can read the gossip key")

	_, _, err = readGossipKey(write(base64.StdEncoding.EncodeToString(key[:20]), 0o600))
	require.ErrorContains(t, err, "a key of 20 bytes; it must have 16, 24 or 32")
	_, _, err = readGossipKey(write("not base64!", 0o600))
	require.ErrorContains(t, err, "holds no base64")
	_, _, err = readGossipKey(t.TempDir())
	require.ErrorContains(t, err, "is not a file")
	_, _, err = readGossipKey(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
