package resp

// matches reports whether text is as a glob pattern of Redis says: * ? [abc] [^a-z]
// and \ before any character. It takes time in proportion to the product of the
// lengths at most, whatever the pattern.
func matches(pattern, text []byte, fold bool) bool {
	// Only the last * seen has to be tried again: an earlier one cannot help when
	// that one fails.
	p, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		if p < len(pattern) && pattern[p] == '*' {
			star, from = p, t
			p++
			continue
		}
		if p < len(pattern) {
			if n, ok := matchOne(pattern[p:], text[t], fold); ok {
				p += n
				t++
				continue
			}
		}
		if star < 0 {
			return false
		}
		from++
		p, t = star+1, from
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matchOne compares a character to what pattern begins with, which is no *, and
// returns how long that is.
func matchOne(pattern []byte, c byte, fold bool) (n int, ok bool) {
	switch pattern[0] {
	case '?':
		return 1, true
	case '[':
		return matchClass(pattern, c, fold)
	case '\\':
		if len(pattern) >= 2 {
			return 2, same(pattern[1], c, fold)
		}
	}
	return 1, same(pattern[0], c, fold)
}

// matchClass is matchOne for [...]; one that is not closed goes to the end.
func matchClass(pattern []byte, c byte, fold bool) (n int, ok bool) {
	i := 1
	not := i < len(pattern) && pattern[i] == '^'
	if not {
		i++
	}
	for ; i < len(pattern) && pattern[i] != ']'; i++ {
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			ok = ok || pattern[i] == c
		case i+2 < len(pattern) && pattern[i+1] == '-':
			low, high, x := pattern[i], pattern[i+2], c
			if low > high {
				low, high = high, low
			}
			if fold {
				low, high, x = lower(low), lower(high), lower(x)
			}
			ok = ok || low <= x && x <= high
			i += 2
		default:
			ok = ok || same(pattern[i], c, fold)
		}
	}
	return min(i+1, len(pattern)), ok != not
}

func same(a, b byte, fold bool) bool { return a == b || fold && lower(a) == lower(b) }

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
