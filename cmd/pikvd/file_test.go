package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseFileTakesValuesAsTheyAreWritten(t *testing.T) {
	got, err := parseFile("f", []byte("# a comment\nname: no\nrpc-port: 0700\nmax-memory: 50%\njoin: one\nrecover: true\n"))
	require.NoError(t, err)
	require.Equal(t, map[string]given{
		"name":       {[]string{"no"}, "f, line 2"},
		"rpc-port":   {[]string{"0700"}, "f, line 3"},
		"max-memory": {[]string{"50%"}, "f, line 4"},
		"join":       {[]string{"one"}, "f, line 5"},
		"recover":    {[]string{"true"}, "f, line 6"},
	}, got)
}

func TestParseFileTakesAnEmptyOne(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "null\n"} {
		got, err := parseFile("f", []byte(text))
		require.NoError(t, err, "%q", text)
		require.Empty(t, got)
	}
}

func TestParseFileRefuses(t *testing.T) {
	tests := []struct{ about, text, want string }{
		{"unknown keys, all of them", "rpc_port: 1\nname: a\ncolour: blue\n", "2 problems with the settings:\n  --config: f, line 1: unknown key \"rpc_port\"\n  --config: f, line 3: unknown key \"colour\""},
		{"a merge key", "<<: {name: a}\n", "unknown key \"<<\""},
		{"a key twice", "name: a\nname: b\n", "--config: f, line 2: name is there twice"},
		{"a list for one value", "name: [a, b]\n", "name must be one value"},
		{"a map in a list", "join: [{a: b}]\n", "join must be one value or a list of values"},
		{"no value", "name:\n", "name has no value"},
		{"a list of everything", "- name\n", "want lines of the form \"name: value\""},
		{"no YAML", "name: [\n", "--config: f: yaml:"},
		{"two documents", "name: a\n---\nname: b\n", "there is more after the first document"},
		{"--config in the file", "config: other\n", "unknown key \"config\""},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			_, err := parseFile("f", []byte(tt.text))
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add([]byte("name: a\njoin: [b]\n"))
	f.Add([]byte("- &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		settings, err := parseFile("f", data)
		if err == nil {
			for name, g := range settings {
				require.NotEmpty(t, g.from, name)
			}
		}
	})
}
