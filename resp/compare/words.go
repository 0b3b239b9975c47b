package compare

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var errQuotes = errors.New("unbalanced quotes")

// words splits a line as redis-cli does: words between spaces, 'texts' and
// "texts" with \n, \r, \t, \a, \b, \\, \" and \xHH.
func words(line string) ([]string, error) {
	var all []string
	for {
		line = strings.TrimLeft(line, " \t")
		if line == "" {
			return all, nil
		}
		word, rest, err := cutWord(line)
		if err != nil {
			return nil, err
		}
		all, line = append(all, word), rest
	}
}

func cutWord(line string) (word, rest string, err error) {
	switch line[0] {
	case '"':
		return cutQuoted(line[1:])
	case '\'':
		word, rest, ok := strings.Cut(line[1:], "'")
		if !ok {
			return "", "", errQuotes
		}
		return word, rest, nil
	default:
		end := strings.IndexAny(line, " \t")
		if end < 0 {
			end = len(line)
		}
		return line[:end], line[end:], nil
	}
}

var escapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'a': '\a', 'b': '\b'}

// cutQuoted reads up to the closing quote.
func cutQuoted(s string) (word, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], nil
		case c != '\\' || i+1 == len(s):
			b.WriteByte(c)
		case s[i+1] == 'x' && i+3 < len(s):
			n, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
			if err != nil {
				return "", "", fmt.Errorf("%q: %w", s[i:i+4], err)
			}
			b.WriteByte(byte(n))
			i += 3
		default:
			i++
			if e, ok := escapes[s[i]]; ok {
				b.WriteByte(e)
			} else {
				b.WriteByte(s[i])
			}
		}
	}
	return "", "", errQuotes
}

// placeholder is {x*70000}, {now+10} in seconds, or {nowms-5000}.
var placeholder = regexp.MustCompile(`\{(?:(.)\*(\d+)|(now|nowms)([+-]\d+))\}`)

// expand fills in placeholders, by the clock of that moment.
func expand(word string, now time.Time) string {
	if !strings.ContainsRune(word, '{') {
		return word
	}
	return placeholder.ReplaceAllStringFunc(word, func(s string) string {
		m := placeholder.FindStringSubmatch(s)
		if m[1] != "" {
			n, _ := strconv.Atoi(m[2])
			return strings.Repeat(m[1], n)
		}
		offset, _ := strconv.ParseInt(m[4], 10, 64)
		if m[3] == "now" {
			return strconv.FormatInt(now.Unix()+offset, 10)
		}
		return strconv.FormatInt(now.UnixMilli()+offset, 10)
	})
}
