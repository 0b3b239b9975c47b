package resp

import (
	"bytes"
	"math"
)

// notNumber stands for what is no integer, or does not fit: it is too much of whatever is
// counted.
const notNumber = math.MaxInt64

// number reads a header at the beginning of in, a sign and a number. end is 0 when
// it is not whole; tooLong is the error for one that never seems to end.
func (p *parser) number(in []byte, tooLong error) (n int64, end int, err error) {
	// One digit, as nearly always.
	if len(in) >= 4 && in[2] == '\r' && in[3] == '\n' && in[1] >= '0' && in[1] <= '9' {
		p.scanned = 0
		return int64(in[1] - '0'), 4, nil
	}
	i := bytes.IndexByte(in[p.scanned:], '\r')
	if i < 0 {
		if p.scanned = len(in); len(in) > lineMost {
			return 0, 0, tooLong
		}
		return 0, 0, nil
	}
	i += p.scanned
	if i+2 > len(in) {
		if p.scanned = i; i > lineMost {
			return 0, 0, tooLong
		}
		return 0, 0, nil
	}
	p.scanned = 0
	n, ok := parseInt(in[min(1, i):i])
	if !ok {
		n = notNumber
	}
	return n, i + 2, nil
}

// bulk reads the header of an argument.
func (p *parser) bulk(in []byte, b *bounds) (size, end int, err error) {
	if len(in) == 0 {
		return 0, 0, nil
	}
	// Redis, too, looks for the end of the line first.
	n, end, err := p.number(in, errBulkLine)
	switch {
	case err != nil || end == 0:
		return 0, 0, err
	case in[0] != '$':
		return 0, 0, protocolError("expected '$', got '" + string(in[:1]) + "'")
	case n < 0 || n > int64(b.bulk):
		return 0, 0, errBulk
	case n > strangerBulk && b.stranger:
		return 0, 0, errStrangerBulk
	}
	if p.size += n; p.size > int64(b.command) && p.skip == "" {
		p.pass(ErrTooLong)
	}
	return int(n), end, nil
}

// parseInt reads a decimal integer as Redis does: a minus or none, no leading
// zeros, nothing else.
func parseInt(b []byte) (n int64, ok bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 19 || b[0] == '0' && (len(b) > 1 || negative) {
		return 0, false
	}
	var u uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		u = u*10 + uint64(c-'0')
	}
	switch {
	case !negative && u <= math.MaxInt64:
		return int64(u), true
	case negative && u <= 1<<63:
		return -int64(u), true
	default:
		return 0, false
	}
}
