package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client/clienttest"
)

// TestMistakesAreSaidTogether: whoever mends one finds no other behind it. Those
// of how flags are written come before those of what they say.
func TestMistakesAreSaidTogether(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	sh := shell(t, c)
	for line, want := range map[string]string{
		"put k v --ttl soon --nx=perhaps --never --if-version 18446744073709551616": "4 mistakes:\n" +
			"  --ttl: \"soon\" is not a value that it takes: say 500ms, 30s or 5m\n" +
			"  --nx: \"perhaps\" is not a value that it takes\n" +
			"  there is no flag --never (an argument that begins with - goes after --)\n" +
			"  --if-version: \"18446744073709551616\" is not a value that it takes: it is out of range\n" +
			"see pikv put --help\n",
		"put k --ttl -1s --nx --xx --timeout 0s --file=": "4 mistakes:\n" +
			"  --timeout 0s is not a positive duration\n" +
			"  --file needs a name\n" +
			"  --ttl -1s is not a millisecond or more\n" +
			"  give one of --nx, --xx and --if-version\n" +
			"see pikv put --help\n",
		"get --out= --timeout -1s": "3 mistakes:\n" +
			"  --timeout -1s is not a positive duration\n" +
			"  --out needs a name\n" +
			"  give one KEY, not 0\n" +
			"see pikv get --help\n",
		"wait now --timeout 0s": "3 mistakes:\n" +
			"  --timeout 0s is not a positive duration\n" +
			"  say what to wait for: --synced\n" +
			"  it takes no argument\n" +
			"see pikv wait --help\n",
		"watch now --count 0": "2 mistakes:\n" +
			"  --count 0 is less than 1\n" +
			"  it takes no argument\n" +
			"see pikv watch --help\n",
		"partition reset x y --all-lost": "3 mistakes:\n" +
			"  give ID..., or --all-lost, one of the two\n" +
			"  \"x\" is not the number of a partition\n" +
			"  \"y\" is not the number of a partition\n" +
			"see pikv partition reset --help\n",
		"bench now --clients 0 --read-share 2 --connections -1": "4 mistakes:\n" +
			"  --clients: 0 is less than 1\n" +
			"  --read-share: 2 is not between 0 and 1\n" +
			"  --connections -1 is not between 0 and --clients 0\n" +
			"  it takes no argument\n" +
			"see pikv bench --help\n",
	} {
		t.Run(line, func(t *testing.T) {
			require.Equal(t, outcome{exitUsage, "", "pikv: " + want}, sh(line))
		})
	}
	require.Empty(t, c.Workers[0].Requests())
}

// TestBadEnvironment: a variable is named, too.
func TestBadEnvironment(t *testing.T) {
	t.Setenv("PIKV_TIMEOUT", "soon")
	got := pikv(t, nil, "get", "k")
	require.Equal(t, exitUsage, got.code)
	require.Contains(t, got.errOut, `"PIKV_TIMEOUT"`)
}
