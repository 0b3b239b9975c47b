package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client/clienttest"
)

// TestUsageErrors: exit 2, one line that says what is wrong and where help
// is, and nobody was asked anything.
func TestUsageErrors(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	sh := shell(t, c)
	for line, want := range map[string]string{
		"nosuch":                       `there is no command "nosuch": see pikv --help`,
		"--nosuch":                     "there is no flag --nosuch (an argument that begins with - goes after --): see pikv --help",
		"get":                          "give one KEY, not 0: see pikv get --help",
		"get a b":                      "give one KEY, not 2: see pikv get --help",
		"get -5":                       "there is no flag -5 (an argument that begins with - goes after --): see pikv get --help",
		"get k --out":                  "--out needs a value (an argument that begins with - goes after --): see pikv get --help",
		"get k --out=":                 "--out needs a name: see pikv get --help",
		"put":                          "KEY is missing: see pikv put --help",
		"put k":                        "the value is missing: give VALUE, - or --file: see pikv put --help",
		"put k --ttl 5s":               "the value is missing: give VALUE, - or --file: see pikv put --help",
		"put k v w":                    "3 arguments are too many: quote a value that has spaces: see pikv put --help",
		"put k v --file f":             "give VALUE or --file, not both: see pikv put --help",
		"put k --file":                 "--file needs a value (an argument that begins with - goes after --): see pikv put --help",
		"put k --file=":                "--file needs a name: see pikv put --help",
		"put k v --ttl 0s":             "--ttl 0s is not a millisecond or more: see pikv put --help",
		"put k v --ttl -1s":            "--ttl -1s is not a millisecond or more: see pikv put --help",
		"put k --verbose":              "there is no flag --verbose (an argument that begins with - goes after --): see pikv put --help",
		"put k -5":                     "there is no flag -5 (an argument that begins with - goes after --): see pikv put --help",
		"put k --json":                 "the value is missing: give VALUE, - or --file: see pikv put --help",
		"put k v --nx --xx":            "give one of --nx, --xx and --if-version: see pikv put --help",
		"put k v --if-version x":       `--if-version: "x" is not a value that it takes: see pikv put --help`,
		"put k v --xx --if-version 3":  "give one of --nx, --xx and --if-version: see pikv put --help",
		"getset":                       "KEY is missing: see pikv getset --help",
		"getset k":                     "the value is missing: give VALUE, - or --file: see pikv getset --help",
		"getset k v --nx":              "there is no flag --nx (an argument that begins with - goes after --): see pikv getset --help",
		"incr":                         "give KEY and perhaps DELTA, not 0 arguments: see pikv incr --help",
		"incr k 1.5":                   `"1.5" is not a whole number of 64 bits: see pikv incr --help`,
		"incr k 9223372036854775808":   `"9223372036854775808" is not a whole number of 64 bits: see pikv incr --help`,
		"replicas 0":                   `"0" is not a number from 1 to 3: see pikv replicas --help`,
		"replicas 4":                   `"4" is not a number from 1 to 3: see pikv replicas --help`,
		"replicas 1 2":                 "give one N or none, not 2: see pikv replicas --help",
		"wait":                         "say what to wait for: --synced: see pikv wait --help",
		"wait --synced now":            "it takes no argument: see pikv wait --help",
		"wait --synced --timeout 0s":   "--timeout 0s is not a positive duration: see pikv wait --help",
		"watch now":                    "it takes no argument: see pikv watch --help",
		"watch --count 0":              "--count 0 is less than 1: see pikv watch --help",
		"partition":                    "say what to do with which: pikv partition reset ID...: see pikv partition --help",
		"partition drop 3":             `there is no command "partition drop": see pikv partition --help`,
		"partition reset":              "give ID..., or --all-lost, one of the two: see pikv partition reset --help",
		"partition reset 3 --all-lost": "give ID..., or --all-lost, one of the two: see pikv partition reset --help",
		"partition reset x":            `"x" is not the number of a partition: see pikv partition reset --help`,
		"partition reset -1":           "there is no flag -1 (an argument that begins with - goes after --): see pikv partition reset --help",
		"partition reset 16384":        `"16384" is not the number of a partition: see pikv partition reset --help`,
		"partition reset 3":            "nobody is there to be asked: say --yes: see pikv partition reset --help",
		"put k v --ttl soon":           `--ttl: "soon" is not a value that it takes: say 500ms, 30s or 5m: see pikv put --help`,
		"get k --timeout 0s":           "--timeout 0s is not a positive duration: see pikv get --help",
		"get k --seeds :1":             `--seeds: seed ":1" is not host:port: see pikv get --help`,
		"del":                          "KEY is missing: see pikv del --help",
		"mget":                         "KEY is missing: see pikv mget --help",
		"keys a:":                      "it takes no argument: use --prefix: see pikv keys --help",
		"locate":                       "give one KEY, not 0: see pikv locate --help",
		"status now":                   "it takes no argument: see pikv status --help",
		"members now":                  "it takes no argument: see pikv members --help",
		"ring now":                     "it takes no argument: see pikv ring --help",
		"drain":                        "give one NODE of those that pikv members lists, not 0: see pikv drain --help",
		"bench now":                    "it takes no argument: see pikv bench --help",
		"bench --clients 0":            "--clients: 0 is less than 1: see pikv bench --help",
		"put k v --if-version -1":      `--if-version: "-1" is not a value that it takes: see pikv put --help`,
		"put k v --nx=perhaps":         `--nx: "perhaps" is not a value that it takes: see pikv put --help`,
		"version now":                  "it takes no argument: see pikv version --help",
	} {
		t.Run(line, func(t *testing.T) {
			require.Equal(t, outcome{exitUsage, "", "pikv: " + want + "\n"}, sh(line))
		})
	}
	require.Empty(t, c.Workers[0].Requests())
}

func TestHelp(t *testing.T) {
	for _, line := range []string{"--help", "-h", "help"} {
		got := pikv(t, nil, line)
		require.Equal(t, exitDone, got.code)
		require.Contains(t, got.out, "Exit codes: 0 done")
		require.Contains(t, got.out, "drain")
		require.Empty(t, got.errOut)
	}
	none := pikv(t, nil)
	require.Equal(t, exitUsage, none.code)
	require.Contains(t, none.out, "COMMANDS")
	for _, args := range [][]string{{"put", "--help"}, {"help", "put"}, {"put", "-h"}, {"put", "k", "--help"}} {
		got := pikv(t, nil, args...)
		require.Equal(t, exitDone, got.code)
		require.Contains(t, got.out, "--ttl")
		require.Contains(t, got.out, "PIKV_SEEDS")
	}
	for _, args := range [][]string{{"partition", "--help"}, {"partition", "reset", "--help"}, {"help", "partition"}} {
		got := pikv(t, nil, args...)
		require.Equal(t, exitDone, got.code, got.errOut)
		require.Contains(t, got.out, "reset")
	}
}

// TestHelpIsAKey, too, for a command that takes one.
func TestHelpIsAKey(t *testing.T) {
	sh := shell(t, clienttest.New(t, 1, 8))
	require.Equal(t, quiet, sh("put help me"))
	printed(t, "me", sh("get help"))
	require.Equal(t, quiet, sh("put k -- --help"))
	printed(t, "--help", sh("get k"))
}

func TestVersion(t *testing.T) {
	for _, line := range []string{"version", "--version", "-v"} {
		got := pikv(t, nil, line)
		require.Equal(t, exitDone, got.code)
		require.Regexp(t, `^pikv dev \(go1\.\S+, \w+/\w+\)\n$`, got.out)
	}
	require.Contains(t, pikv(t, nil, "version", "--json").out, `"version": "dev"`)
}
