package compare

import (
	"bufio"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	s, err := parse("# comment\n\n== one\nSET k \"a\\x00\\n\\\"b\" ''\n~5 TTL k\n== two\n!why -ERR no... | ~shape GET {x*3}\n")
	require.NoError(t, err)
	require.Equal(t, script{
		{title: "one", line: 3, steps: []step{
			{line: 4, words: []string{"SET", "k", "a\x00\n\"b", ""}},
			{line: 5, words: []string{"TTL", "k"}, how: hNear, near: 5},
		}},
		{title: "two", line: 6, steps: []step{{line: 7, words: []string{"GET", "{x*3}"}, how: hShape, differs: "why", wants: "-ERR no..."}}},
	}, s)
	for text, want := range map[string]string{
		"GET k":               "before the first group",
		"== g\n~odd GET k":    "~odd is no way",
		"== g\nGET 'k":        "unbalanced quotes",
		"== g\nGET \"k":       "unbalanced quotes",
		"== g\n!why GET k":    "want !id wanted",
		"== g\n~shape":        "no command",
		"== g\nGET \"\\xzz\"": "invalid syntax",
	} {
		_, err := parse(text)
		require.ErrorContains(t, err, want, text)
	}
}

func TestExpand(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_500)
	require.Equal(t, "xxx 1700000010 1699999999500 {t}", expand("{x*3} {now+10} {nowms-1000} {t}", now))
}

func TestReadReply(t *testing.T) {
	for wire, want := range map[string]string{
		"+OK\r\n":                "+OK",
		"-ERR no\r\n":            "-ERR no",
		":5\r\n":                 ":5",
		"$2\r\nhi\r\n":           `"hi"`,
		"$-1\r\n":                "nil",
		"_\r\n":                  "nil",
		"*-1\r\n":                "nil array",
		"*2\r\n:1\r\n$0\r\n\r\n": `*[:1 ""]`,
		"%1\r\n+a\r\n#t\r\n":     "%[+a #t]",
		"*1\r\n~1\r\n,1.5\r\n":   "*[~[,1.5]]",
		"$3\r\n\x00\xff\n\r\n":   `"\x00\xff\n"`,
	} {
		a, err := readReply(bufio.NewReader(strings.NewReader(wire)))
		require.NoError(t, err, wire)
		require.Equal(t, want, a.String())
	}
	for _, bad := range []string{"OK\r\n", "$2\r\nhiya\r\n", "$x\r\n", "*9999999999\r\n", "$-2\r\n", "+OK\n", strings.Repeat("*1\r\n", 20)} {
		_, err := readReply(bufio.NewReader(strings.NewReader(bad)))
		require.ErrorIs(t, err, errReply, bad)
	}
}

func TestComparisons(t *testing.T) {
	read := func(text string) reply {
		a, err := readReply(bufio.NewReader(strings.NewReader(text)))
		require.NoError(t, err)
		return a
	}
	for _, tt := range []struct {
		how  how
		a, b string
		same bool
	}{
		{hEqual, ":1\r\n", ":1\r\n", true},
		{hEqual, ":1\r\n", "$1\r\n1\r\n", false},
		{hEqual, "$-1\r\n", "*-1\r\n", false},
		{hNear, ":100\r\n", ":99\r\n", true},
		{hNear, ":100\r\n", ":98\r\n", false},
		{hNear, ":0\r\n", ":-1\r\n", false},
		{hSorted, "*2\r\n:1\r\n:2\r\n", "*2\r\n:2\r\n:1\r\n", true},
		{hSorted, "*2\r\n:1\r\n:1\r\n", "*2\r\n:2\r\n:1\r\n", false},
		{hShape, "*2\r\n:1\r\n$1\r\na\r\n", "*2\r\n:2\r\n$1\r\nb\r\n", true},
		{hShape, "*1\r\n:1\r\n", "*2\r\n:1\r\n:1\r\n", false},
		{hShape, "%1\r\n+a\r\n:1\r\n", "%1\r\n+b\r\n:1\r\n", false},
		{hType, "-ERR a\r\n", "-ERR b\r\n", true},
		{hType, "-ERR a\r\n", "-OOM b\r\n", false},
	} {
		got := step{how: tt.how, near: 1}.same(read(tt.a), read(tt.b))
		require.Equal(t, tt.same, got, "%v: %q %q", tt.how, tt.a, tt.b)
	}
}
