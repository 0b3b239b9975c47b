package compare

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// reply is one reply of a server.
type reply struct {
	kind byte // as on the wire: + - : $ * _ # , % ~ = ( >; '$' and '*' with null: those of RESP2
	null bool
	text string  // of what has no elements
	elem []reply // of * % ~ >; of a map key, value, key, value
}

// maxDepth and maxElements bound what a broken server can make the reader hold.
const (
	maxDepth    = 16
	maxElements = 1 << 20
	maxBulk     = 512 << 20
)

var errReply = errors.New("not a reply")

// readReply reads one reply.
func readReply(r *bufio.Reader) (reply, error) { return readNested(r, 0) }

func readNested(r *bufio.Reader, depth int) (reply, error) {
	if depth > maxDepth {
		return reply{}, fmt.Errorf("%w: nested too deeply", errReply)
	}
	line, err := r.ReadString('\n')
	if err != nil {
		return reply{}, err
	}
	if !strings.HasSuffix(line, "\r\n") || len(line) < 3 {
		return reply{}, fmt.Errorf("%w: %q", errReply, line)
	}
	a := reply{kind: line[0], text: line[1 : len(line)-2]}
	switch a.kind {
	case '+', '-', ':', '#', ',', '(', '_':
		return a, nil
	case '$', '=', '!':
		return a.readBulk(r)
	case '*', '~', '>', '%':
		return a.readElements(r, depth)
	default:
		return reply{}, fmt.Errorf("%w: %q", errReply, line)
	}
}

// readBulk reads what follows a length.
func (a reply) readBulk(r *bufio.Reader) (reply, error) {
	n, err := a.length(maxBulk)
	if err != nil || a.null {
		return a, err
	}
	body := make([]byte, n+2)
	if _, err := io.ReadFull(r, body); err != nil {
		return a, err
	}
	if string(body[n:]) != "\r\n" {
		return a, fmt.Errorf("%w: a text of %d bytes ends with %q", errReply, n, body[n:])
	}
	a.text = string(body[:n])
	return a, nil
}

// readElements reads as many replies as the length says.
func (a reply) readElements(r *bufio.Reader, depth int) (reply, error) {
	n, err := a.length(maxElements)
	if err != nil || a.null {
		return a, err
	}
	if a.kind == '%' {
		n *= 2
	}
	a.text = ""
	for range n {
		e, err := readNested(r, depth+1)
		if err != nil {
			return a, err
		}
		a.elem = append(a.elem, e)
	}
	return a, nil
}

// length parses the length in text; -1 is a null.
func (a *reply) length(limit int) (int, error) {
	n, err := strconv.Atoi(a.text)
	if err != nil || n < -1 || n > limit {
		return 0, fmt.Errorf("%w: length %q", errReply, a.text)
	}
	a.null = n == -1
	return n, nil
}

// isError reports whether the reply is an error.
func (a reply) isError() bool { return a.kind == '-' || a.kind == '!' }

// longText bounds what is printed of a text.
const longText = 200

// String prints the reply in a line: -ERR text, :1, "bulk", +simple, nil.
func (a reply) String() string {
	switch {
	case a.null && a.kind == '*':
		return "nil array"
	case a.null || a.kind == '_':
		return "nil"
	case a.kind == '$':
		return quoted(a.text)
	case a.elem == nil && !strings.ContainsRune("*~>%", rune(a.kind)):
		return string(a.kind) + quoteOdd(a.text)
	}
	parts := make([]string, len(a.elem))
	for i, e := range a.elem {
		parts[i] = e.String()
	}
	return string(a.kind) + "[" + strings.Join(parts, " ") + "]"
}

// quoted puts a text in quotes, the middle of a long one left out.
func quoted(s string) string {
	if len(s) > longText {
		return fmt.Sprintf("%q...%q (%d bytes)", s[:longText/2], s[len(s)-longText/2:], len(s))
	}
	return strconv.Quote(s)
}

// quoteOdd quotes what a terminal would not show.
func quoteOdd(s string) string {
	if q := strconv.Quote(s); q[1:len(q)-1] != s && strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return q
	}
	return s
}
