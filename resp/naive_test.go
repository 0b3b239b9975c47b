package resp

import (
	"bytes"
	"math"
	"strconv"
)

// naiveParse reads all commands of an input that is there as a whole, the plain way,
// up to the first that is not whole or not right.
func naiveParse(in []byte, b *bounds) (commands [][][]byte, err error) {
	for len(in) > 0 {
		if in[0] != '*' {
			line, rest, found := bytes.Cut(in, []byte("\n"))
			if !found {
				if len(in) > lineMost {
					err = errInline
				}
				return commands, err
			}
			if len(line) > lineMost {
				return commands, errInline
			}
			words, ok := splitWords(bytes.TrimSuffix(line, []byte("\r")))
			if !ok {
				return commands, errQuotes
			}
			if len(words) > 0 {
				commands = append(commands, words)
			}
			in = rest
			continue
		}
		args, rest, whole, err := naiveArray(in, b)
		if err != nil || !whole {
			return commands, err
		}
		if len(args) > 0 {
			commands = append(commands, args)
		}
		in = rest
	}
	return commands, nil
}

// naiveLine cuts a header off: what stands between its first byte and the \r.
func naiveLine(in []byte, tooLong error) (text, rest []byte, whole bool, err error) {
	i := bytes.IndexByte(in, '\r')
	switch {
	case i < 0 && len(in) > lineMost, i > lineMost && i+2 > len(in):
		return nil, nil, false, tooLong
	case i < 0 || i+2 > len(in):
		return nil, nil, false, nil
	}
	if i == 0 {
		return nil, in[2:], true, nil
	}
	return in[1:i], in[i+2:], true, nil
}

func naiveArray(in []byte, b *bounds) (args [][]byte, rest []byte, whole bool, err error) {
	text, rest, whole, err := naiveLine(in, errCountLine)
	if err != nil || !whole {
		return nil, nil, false, err
	}
	n, ok := naiveInt(text)
	switch {
	case !ok || n > math.MaxInt32 || n > int64(b.args) && !b.stranger:
		return nil, nil, false, errMultibulk
	case n > strangerArgs && b.stranger:
		return nil, nil, false, errStrangerArgs
	}
	size := int64(0)
	for range max(n, 0) {
		in = rest
		if len(in) == 0 {
			return nil, nil, false, nil
		}
		if text, rest, whole, err = naiveLine(in, errBulkLine); err != nil || !whole {
			return nil, nil, false, err
		}
		if in[0] != '$' {
			return nil, nil, false, protocolError("expected '$', got '" + string(in[:1]) + "'")
		}
		length, ok := naiveInt(text)
		switch {
		case !ok || length < 0 || length > int64(b.bulk):
			return nil, nil, false, errBulk
		case length > strangerBulk && b.stranger:
			return nil, nil, false, errStrangerBulk
		}
		size += length
		if int64(len(rest)) < length+2 {
			return nil, nil, false, nil
		}
		args = append(args, rest[:length])
		rest = rest[length+2:]
	}
	if size > int64(b.command) {
		args = nil // it is passed over
	}
	return args, rest, true, nil
}

func naiveInt(text []byte) (int64, bool) {
	n, err := strconv.ParseInt(string(text), 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == string(text)
}
