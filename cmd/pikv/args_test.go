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
		{"put k -5", "put -- k -5", "a value that begins with -"},
		{"put k -", "put -- k -", "stdin"},
		{"put k --what", "put -- k --what", "a value that looks like a flag that there is not"},
		{"put k -v", "put -- k -v", "one dash"},
		{"put k -1e9 --ttl 5s", "put --ttl 5s -- k -1e9", "and a flag after it"},
		{"put k --ttl 5s -5", "put --ttl 5s -- k -5", "or before it"},
		{"put --ttl 5s k -5", "put --ttl 5s -- k -5", "or before the key"},
		{"put k v --ttl 5s", "put --ttl 5s -- k v", "a flag at the end"},
		{"put k v --ttl=5s", "put --ttl=5s -- k v", "with ="},
		{"put k --file f", "put --file f -- k", "the content of a file"},
		{"put k --file=f", "put --file=f -- k", "alone after the key, but still not a value"},
		{"put k --file", "put --file", "a name that is missing is not a value"},
		{"put --file f k", "put --file f -- k", "before the key"},
		{"put --file f k --json", "put --file f --json -- k", "--file: there is no value to come"},
		{"put --file f k -5", "put --file f -5 -- k", "refused by cli: no value to come"},
		{"put k --json", "put -- k --json", "the last word directly after the key is the value"},
		{"put k --ttl", "put -- k --ttl", "whatever it looks like"},
		{"put k --help", "put -- k --help", "--help, too"},
		{"put k -h", "put -- k -h", "and -h"},
		{"put k --seeds=a:1", "put -- k --seeds=a:1", "and with ="},
		{"put k --json v", "put --json -- k v", "a flag, for another word follows"},
		{"put k --json --json", "put --json --json -- k", "not directly after the key: the value is missing"},
		{"put k --ttl 5s", "put --ttl 5s -- k", "the value is missing"},
		{"put k -- --ttl", "put -- k --ttl", "-- makes it safe"},
		{"put k --json -- --ttl", "put --json -- k --ttl", "with flags before it"},
		{"put -- k -5", "put -- k -5", "-- before the key"},
		{"put -- --key --file", "put -- --key --file", "a key that looks like a flag"},
		{"put -k v", "put -k -- v", "an unknown flag before the key is for cli to refuse"},
		{"put k v -5", "put -5 -- k v", "after the value, too"},
		{"put --help", "put --help --", "help"},
		{"--json put k --ttl", "put --json -- k --ttl", "common flags before the command count as flags"},

		{"", "", "no command"},
		{"--json", "--json", "flags alone"},
		{"--help", "--help", "help"},
		{"help put", "help put", "cli's own command"},
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
