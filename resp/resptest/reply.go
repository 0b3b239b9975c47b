package resptest

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Command is one as clients send it.
func Command(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.String()
}

// ReadReply reads one reply: of a string its text, "nil" where there is none, of a list
// its first byte and in brackets what it holds, of others the line.
func ReadReply(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSuffix(line, "\r\n")
	if line == "" {
		return "", fmt.Errorf("an empty line is not a reply")
	}
	switch line[0] {
	case '$', '=':
		return readText(r, line)
	case '*', '~', '%':
		return readList(r, line)
	default:
		return line, nil
	}
}

// readText reads the string that a line announces.
func readText(r *bufio.Reader, line string) (string, error) {
	n, err := strconv.Atoi(line[1:])
	if err != nil || n < 0 {
		return "nil", err
	}
	b := make([]byte, n+2)
	_, err = io.ReadFull(r, b)
	return string(b[:n]), err
}

// readList reads the replies that a line announces.
func readList(r *bufio.Reader, line string) (string, error) {
	n, err := strconv.Atoi(line[1:])
	if err != nil || n < 0 {
		return "nil list", err
	}
	if line[0] == '%' {
		n *= 2
	}
	list := make([]string, n)
	for i := range list {
		if list[i], err = ReadReply(r); err != nil {
			return "", err
		}
	}
	return line[:1] + "[" + strings.Join(list, " ") + "]", nil
}
