package resp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPatternsMatchAsInRedis(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "", true}, {"*", "abc", true}, {"", "", true}, {"", "a", false}, {"a*", "abc", true}, {"a*c", "abc", true},
		{"a*d", "abc", false}, {"*b*", "abc", true}, {"**b**", "abc", true}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"a[bx]c", "abc", true}, {"a[^bx]c", "abc", false}, {"a[^x]c", "abc", true}, {"a[a-c]c", "abc", true}, {"a[c-a]c", "abc", true},
		{`a\*c`, "a*c", true}, {`a\*c`, "abc", false}, {`[\]]`, "]", true}, {"[abc", "b", true}, {"[", "[", false}, {`a\`, `a\`, true},
		{"h[ae]llo*x", "hallo wx", true}, {"*?", "", false}, {"?*", "a", true}, {"a*b*c", "aXbYcZc", true},
	} {
		require.Equal(t, c.want, matches([]byte(c.pattern), []byte(c.text), false), "%q %q", c.pattern, c.text)
	}
	require.True(t, matches([]byte("MAX*[M-o]ry"), []byte("maxmemory"), true))
}

// A pattern of many stars, with which others need time without end.
func TestPatternsAreCheap(t *testing.T) {
	require.False(t, matches([]byte(strings.Repeat("a*", 5000)+"b"), []byte(strings.Repeat("a", 50000)), false))
}
