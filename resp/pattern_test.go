package resp

import (
	"bytes"
	"math/rand/v2"
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
		{"h[ae]llo*x", "hallo wx", true}, {"*?", "", false}, {"?*", "a", true}, {"a*b*c", "aXbYcZc", true}, {"[^", "x", true},
		{"[\x80-a]", "\xff", true}, {"[a-\x80]", "b", false}, {"[^\\^]", "^", false}, {"[a-]", "]", true}, {"[a-]", "b", false},
	} {
		require.Equal(t, c.want, matches([]byte(c.pattern), []byte(c.text), false), "%q %q", c.pattern, c.text)
	}
	require.True(t, matches([]byte("MAX*[M-o]ry"), []byte("maxmemory"), true))
	require.True(t, matches([]byte("[k]EY"), []byte("Key"), true))
	require.False(t, matches([]byte(`[\k]EY`), []byte("Key"), true), "Redis compares the case of what is escaped")
}

// slowMatch is how Redis does it, in C.
func slowMatch(p, s []byte, fold bool) bool {
	same := func(a, b byte) bool { return a == b || fold && lower(a) == lower(b) }
	at := func(i int) byte {
		if i < len(p) {
			return p[i]
		}
		return 0
	}
	for len(p) > 0 && len(s) > 0 {
		switch p[0] {
		case '*':
			for len(p) > 0 && at(1) == '*' {
				p = p[1:]
			}
			if len(p) == 1 {
				return true
			}
			for ; len(s) > 0; s = s[1:] {
				if slowMatch(p[1:], s, fold) {
					return true
				}
			}
			return false
		case '?':
		case '[':
			p = p[1:]
			not := at(0) == '^'
			if not {
				p = p[1:]
			}
			match := false
			for len(p) > 0 && p[0] != ']' {
				switch {
				case len(p) >= 2 && p[0] == '\\':
					p = p[1:]
					match = match || p[0] == s[0]
				case len(p) >= 3 && p[1] == '-':
					start, end, c := int8(p[0]), int8(p[2]), int8(s[0])
					if start > end {
						start, end = end, start
					}
					if fold {
						start, end, c = int8(lower(byte(start))), int8(lower(byte(end))), int8(lower(byte(c)))
					}
					p = p[2:]
					match = match || c >= start && c <= end
				default:
					match = match || same(p[0], s[0])
				}
				p = p[1:]
			}
			if match == not {
				return false
			}
		default:
			if p[0] == '\\' && len(p) >= 2 {
				p = p[1:]
			}
			if !same(p[0], s[0]) {
				return false
			}
		}
		s = s[1:]
		if len(p) > 0 {
			p = p[1:]
		}
		if len(s) == 0 {
			for at(0) == '*' {
				p = p[1:]
			}
			break
		}
	}
	return len(p) == 0 && len(s) == 0
}

// On random patterns the compiled form finds what the recursive one does. Nobody asks
// for the empty text, of which Redis says that * does not fit it.
func TestPatternsMatchAsTheSlowOnes(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	word := func(letters string, n int) []byte {
		b := make([]byte, r.IntN(n))
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return b
	}
	for range 200_000 {
		p, s := word("aAbB*?[]^-\\\x80\xff_", 9), append(word("aAbB]-^\\\x80\xff_", 6), 'b')
		for _, fold := range []bool{false, true} {
			require.Equal(t, slowMatch(p, s, fold), matches(p, s, fold), "seed %d: %q %q %v", seed, p, s, fold)
		}
	}
}

// FuzzPattern: whatever the pattern, comparing ends after as many steps as it is long times
// as the text is; short ones fit what they fit in Redis.
func FuzzPattern(f *testing.F) {
	for _, pattern := range []string{"*", "a*b*c", "h[^a-c]?*", `\*[\]-a]`, "[a-\x80]*[", "[^", "**?**", "x[b-", strings.Repeat("a*", 40) + "b"} {
		f.Add([]byte(pattern), []byte("hxaab"+strings.Repeat("a", 40)), false)
		f.Add([]byte(pattern), []byte("hxaab"), false)
		f.Add([]byte(pattern), []byte("Abc"), true)
	}
	f.Fuzz(func(t *testing.T, text, key []byte, fold bool) {
		if len(text) > longestPattern || len(key) > longestPattern || len(key) == 0 {
			return
		}
		p := compile(text, fold)
		require.LessOrEqual(t, len(p.parts), len(text))
		most := 2 * (len(p.parts) + 1) * (len(key) + 1)
		if most > patternSteps {
			return
		}
		left := most
		ok, decided := p.match(key, &left)
		require.True(t, decided, "%d steps are not enough", most)
		if len(text) <= 24 && len(key) <= 24 && bytes.Count(text, []byte("*")) <= 4 {
			require.Equal(t, slowMatch(text, key, fold), ok, "%q %q", text, key)
		}
	})
}

// Patterns with which others need time without end: what they may cost is counted.
func TestPatternsAreCheap(t *testing.T) {
	for _, pattern := range []string{strings.Repeat("a*", 5000) + "b", "*" + strings.Repeat("a", 20_000) + "b", strings.Repeat("[a-z]*", 5000) + "_"} {
		p, left := compile([]byte(pattern), false), patternSteps
		ok, _ := p.match([]byte(strings.Repeat("a", 60_000)), &left)
		require.False(t, ok)
		require.GreaterOrEqual(t, left, -1)
	}
	p, left := compile([]byte("*"+strings.Repeat("a", 20_000)+"b"), false), patternSteps
	_, decided := p.match([]byte(strings.Repeat("a", 60_000)), &left)
	require.False(t, decided, "this would take 800 million steps")
	p = compile([]byte(strings.Repeat("[a-z]", 10_000)), false)
	require.Len(t, p.sets, 1)
}

func BenchmarkPattern(b *testing.B) {
	p, text := compile([]byte("*user:[0-9]*:name"), false), []byte("app:cache:user:1234567:name")
	for b.Loop() {
		left := patternSteps
		if ok, _ := p.match(text, &left); !ok {
			b.Fatal("it fits")
		}
	}
}

// matches reports whether a text is as a pattern says.
func matches(pattern, text []byte, fold bool) bool {
	left := patternSteps
	ok, _ := compile(pattern, fold).match(text, &left)
	return ok
}
