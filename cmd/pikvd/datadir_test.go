package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDefaultDataDir(t *testing.T) {
	tests := []struct {
		about string
		root  bool // may write in systemDir
		env   map[string]string
		want  string
	}{
		{"a service", true, map[string]string{"HOME": "/root"}, "/var/lib/pikv"},
		{"a user", false, map[string]string{"HOME": "/home/ann"}, "/home/ann/.local/state/pikv"},
		{"a user with a place of her own", false, map[string]string{"HOME": "/home/ann", "XDG_STATE_HOME": "/srv/state"}, "/srv/state/pikv"},
		{"a relative XDG folder counts for nothing", false, map[string]string{"HOME": "/home/ann", "XDG_STATE_HOME": "state"}, "/home/ann/.local/state/pikv"},
		{"nobody", false, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			m := machine{
				getenv:   func(name string) string { return tt.env[name] },
				writable: func(string) bool { return tt.root },
			}
			require.Equal(t, tt.want, m.defaultDataDir())
		})
	}
}

func TestWritableLooksAtWhereTheFolderWouldBeMade(t *testing.T) {
	require.True(t, writable(filepath.Join(t.TempDir(), "a", "b")))

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.False(t, writable(filepath.Join(file, "a")), "nothing can be made under a file")
}
