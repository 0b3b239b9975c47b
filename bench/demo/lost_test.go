package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/testcluster/process"
)

// fake has bin/pikv be a script that answers as a store would that says yes to everything.
func fake(t *testing.T, script string) *demo {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("bin", 0o700))
	require.NoError(t, os.WriteFile("bin/pikv", []byte("#!/bin/sh\n"+script), 0o700))
	return &demo{dir: t.TempDir(), master: &process.Process{RPC: "127.0.0.1:1"}}
}

func TestTheDemoFailsForALostPhoto(t *testing.T) {
	names := []string{"photo-1", "photo-2"}
	for _, name := range names {
		require.Equal(t, 1, strings.Count(string(photo(name)[:len(name)+2]), name))
	}
	d := fake(t, `cat "$2"`)
	for _, name := range names {
		require.NoError(t, os.WriteFile(name, photo(name), 0o600))
	}
	require.NoError(t, d.lookAtPhotos(t.Context(), names))
	require.NoError(t, os.WriteFile("photo-2", photo("photo-1"), 0o600))
	require.ErrorContains(t, d.lookAtPhotos(t.Context(), names), "compare photo-2")
	require.NoError(t, os.Remove("photo-2"))
	require.ErrorContains(t, d.lookAtPhotos(t.Context(), names), "pikv get photo-2")
}

func TestTheDemoFailsForALostIncrement(t *testing.T) {
	const incr = `if [ "$1" = incr ]; then n=$(($(cat "$2") + 1)); echo "$n" | tee "$2.new" && mv "$2.new" "$2"; else cat "$2"; fi`
	d := fake(t, incr)
	begin := func() *counting {
		require.NoError(t, os.WriteFile(counter, []byte("40"), 0o600))
		c, err := d.countOn(t.Context())
		require.NoError(t, err)
		require.NoError(t, c.reach(t.Context(), 42))
		return c
	}
	require.NoError(t, d.counted(t.Context(), begin()))

	c := begin()
	require.NoError(t, c.stop())
	require.NoError(t, os.WriteFile(counter, []byte("41"), 0o600))
	require.ErrorContains(t, d.counted(t.Context(), c), "count: the counter is at 41, and was at ")
}
