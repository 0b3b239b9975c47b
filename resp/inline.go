package resp

import "bytes"

// inline reads a command that is a line of words, as a person types it.
func (p *parser) inline(in []byte) (parsed, error) {
	i := bytes.IndexByte(in[p.scanned:], '\n')
	if i < 0 {
		if p.scanned = len(in); len(in) > lineMost {
			return parsed{}, errInline
		}
		return parsed{}, nil
	}
	end := p.scanned + i + 1
	p.scanned = 0
	if end-1 > lineMost { // also when it comes at once
		return parsed{}, errInline
	}
	line := bytes.TrimSuffix(in[:end-1], []byte("\r"))
	args, ok := splitWords(line)
	if !ok {
		return parsed{}, errQuotes
	}
	if len(args) == 0 {
		args = nil // an empty line is no command
	}
	return parsed{args: args, used: end}, nil
}

// splitWords cuts a line into words as Redis does: "..." with \n, \r, \t, \b, \a,
// \xHH and \ before any other character, '...' with \' alone. false: a quote is
// left open, or text follows a closing one at once.
func splitWords(line []byte) (words [][]byte, ok bool) {
	if i := bytes.IndexByte(line, 0); i >= 0 {
		line = line[:i]
	}
	for {
		for len(line) > 0 && isSpace(line[0]) {
			line = line[1:]
		}
		if len(line) == 0 {
			return words, true
		}
		var word []byte
		if word, line, ok = cutWord(line); !ok {
			return nil, false
		}
		words = append(words, word)
	}
}

// cutWord cuts the first word off.
func cutWord(line []byte) (word, rest []byte, ok bool) {
	word = []byte{}
	for len(line) > 0 && !isSpace(line[0]) {
		switch quote := line[0]; quote {
		case '"', '\'':
			if word, line, ok = cutQuoted(word, line[1:], quote); !ok || len(line) > 0 && !isSpace(line[0]) {
				return nil, nil, false
			}
			return word, line, true
		default:
			word = append(word, quote)
			line = line[1:]
		}
	}
	return word, line, true
}

// cutQuoted appends to word what stands before the closing quote.
func cutQuoted(word, line []byte, quote byte) (longer, rest []byte, ok bool) {
	for len(line) > 0 {
		switch c := line[0]; {
		case c == quote:
			return word, line[1:], true
		case quote == '"' && c == '\\' && len(line) >= 4 && line[1] == 'x' && isHex(line[2]) && isHex(line[3]):
			word = append(word, hexDigit(line[2])<<4|hexDigit(line[3]))
			line = line[4:]
		case quote == '"' && c == '\\' && len(line) >= 2:
			word = append(word, unescape(line[1]))
			line = line[2:]
		case quote == '\'' && c == '\\' && len(line) >= 2 && line[1] == '\'':
			word = append(word, '\'')
			line = line[2:]
		default:
			word = append(word, c)
			line = line[1:]
		}
	}
	return nil, nil, false
}

func unescape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'b':
		return '\b'
	case 'a':
		return '\a'
	default:
		return c
	}
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func hexDigit(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	default:
		return c - 'a' + 10
	}
}
