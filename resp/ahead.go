package resp

// aheadMost is for how many commands the keys are looked for at a time. More would
// drive each other out of the smallest cache.
const aheadMost = 16

// lookAhead tells the Keyspace which keys the commands at the beginning of in are
// about, if there are some, and returns to how many of them it need not do so again.
func (l *loop) lookAhead(in []byte) int {
	if l.server.cfg.Expect == nil {
		return 0
	}
	n := 0
	for n < aheadMost {
		key, rest, ok := glance(in)
		if !ok {
			break
		}
		l.ahead[n], in = key, rest
		n++
	}
	if n > 1 {
		l.server.cfg.Expect(l.ahead[:n])
	}
	clear(l.ahead[:n])
	return n
}

// glance returns the first argument, which mostly is a key, of the command at the
// beginning of in, and what follows the command. ok is false when that is not whole, or
// not of the common kind: the parser will see.
func glance(in []byte) (key, rest []byte, ok bool) {
	n, in, ok := glanceNumber(in, '*')
	if !ok || n < 2 || n > aheadMost {
		return nil, nil, false
	}
	for i := range n {
		size, body, ok := glanceNumber(in, '$')
		if !ok || len(body) < size+2 {
			return nil, nil, false
		}
		if i == 1 {
			key = body[:size:size]
		}
		in = body[size+2:]
	}
	return key, in, true
}

// glanceNumber reads a header of a few digits.
func glanceNumber(in []byte, sign byte) (n int, rest []byte, ok bool) {
	if len(in) < 4 || in[0] != sign {
		return 0, nil, false
	}
	for i, c := range in[1:min(len(in), 8)] {
		switch {
		case c >= '0' && c <= '9':
			n = 10*n + int(c-'0')
		case c == '\r' && i > 0 && i+3 <= len(in):
			return n, in[i+3:], true
		default:
			return 0, nil, false
		}
	}
	return 0, nil, false
}
