package main

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestArrange lists command lines and what cli is given. Words are separated
// by spaces; the result is the command, its flags, --, its arguments.
func TestArrange(t *testing.T) {
	for _, c := range []struct{ line, want, why string }{
		{"get k", "get -- k", "nothing to sort"},
		{"get k --out f", "get --out f -- k", "a flag after the argument"},
		{"get --out f k", "get --out f -- k", "a flag before it"},
		{"get k --out=f", "get --out=f -- k", "with ="},
		{"get k -out f", "get -out f -- k", "one dash will do"},
		{"--seeds a:1 get k", "get --seeds a:1 -- k", "a common flag before the command"},
		{"--json --seeds=a:1 get k --timeout 1s", "get --json --seeds=a:1 --timeout 1s -- k", "on both sides"},
		{"--seeds get get k", "get --seeds get -- k", "a flag's value that is a command's name"},
		{"get -- --out", "get -- --out", "-- ends the flags"},
		{"get -- -k --json", "get -- -k --json", "also known ones"},
		{"get --json -- -k", "get --json -- -k", "flags before --"},
		{"get -- --", "get -- --", "only the first -- counts"},
		{"del a --json b -- -c", "del --json -- a b -c", "between arguments"},
		{"del -5", "del -5 --", "an unknown flag is left for cli to refuse"},
		{"get k --out", "get --out", "a value that is missing: cli must not find another"},

		{"put k v", "put -- k v", "the plain case"},
		{"put k -", "put -- k -", "stdin"},
		{"put k -5", "put -5 -- k", "a value that begins with - is for cli to refuse"},
		{"put k --what", "put --what -- k", "whatever follows the -"},
		{"put k --json", "put --json -- k", "also where the value should be"},
		{"put k --help", "put --help", "help, as everywhere: the rest is left out"},
		{"put k -- -5", "put -- k -5", "-- makes it a value"},
		{"put k -- --ttl", "put -- k --ttl", "whatever it looks like"},
		{"put k --json -- --ttl", "put --json -- k --ttl", "with flags before it"},
		{"put -- k -5", "put -- k -5", "-- before the key"},
		{"put -- --key --file", "put -- --key --file", "a key that looks like a flag"},
		{"put k --ttl 5s v", "put --ttl 5s -- k v", "a flag in the middle"},
		{"put k v --ttl=5s", "put --ttl=5s -- k v", "at the end"},
		{"put k --file f", "put --file f -- k", "the content of a file"},
		{"put k --file", "put --file", "a name that is missing"},
		{"put k --ttl", "put --ttl", "a duration that is missing"},
		{"put --help", "put --help", "help"},
		{"put -h k v", "put --help", "short"},
		{"put k --file --help", "put --file --help -- k", "a name, if an odd one"},

		{"incr k -5", "incr -- k -5", "a number is no flag where one is expected"},
		{"incr k --json -5", "incr --json -- k -5", "after a flag, too"},
		{"incr k -5x", "incr -5x -- k", "not a number"},

		{"partition reset 3 --yes", "partition reset --yes -- 3", "a command of two words"},
		{"--json partition --seeds a:1 reset --yes 3", "partition reset --json --seeds a:1 --yes -- 3", "with flags everywhere"},
		{"partition", "partition", "half a command"},
		{"partition nosuch 3", "partition nosuch 3", "the wrong half"},
		{"partition --help", "partition --help", "help of the half"},

		{"", "", "no command"},
		{"--json", "--json", "flags alone"},
		{"--help", "--help", "help"},
		{"help put", "put --help", "the other way round"},
		{"help", "--help", "of all"},
		{"help partition reset", "partition reset --help", "of two words"},
		{"help nosuch", "nosuch --help", "of what is not there"},
		{"nosuch --flag k", "nosuch --flag k", "an unknown command"},
		{"--version", "version", "the flag is the command"},
		{"-v", "version", "short"},
	} {
		t.Run(c.line, func(t *testing.T) {
			got := arrange(newApp(env{stdout: io.Discard, stderr: io.Discard}), strings.Fields(c.line))
			require.Equal(t, c.want, strings.Join(got, " "), c.why)
		})
	}
}

// TestArrangeKeepsEmptyWords: an empty key or value is a word like any other.
func TestArrangeKeepsEmptyWords(t *testing.T) {
	app := newApp(env{stdout: io.Discard, stderr: io.Discard})
	require.Equal(t, []string{"put", "--", "", ""}, arrange(app, []string{"put", "", ""}))
	require.Equal(t, []string{"put", "--", "k", "a b --ttl"}, arrange(app, []string{"put", "k", "a b --ttl"}))
}
