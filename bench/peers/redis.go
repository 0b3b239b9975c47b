package peers

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
)

// redis is RESP, as far as GET and SET need it.
var redis = protocol{
	get: func(buf []byte, key string) []byte {
		return appendBulk(append(buf, "*2\r\n$3\r\nGET\r\n"...), key)
	},
	put: func(buf []byte, key string, value []byte) []byte {
		return appendBulk(appendBulk(append(buf, "*3\r\n$3\r\nSET\r\n"...), key), value)
	},
	reply: readRESP,
}

// DialRedis connects to a server that speaks Redis's protocol.
func DialRedis(ctx context.Context, addr string) (Conn, error) {
	return dial(ctx, Host{}, addr, redis)
}

// DialRedis connects to a server of Start's that speaks Redis's protocol.
func (s *Server) DialRedis(ctx context.Context) (Conn, error) {
	return dial(ctx, s.host, s.Addr, redis)
}

func appendBulk[T string | []byte](buf []byte, s T) []byte {
	buf = append(buf, '$')
	buf = strconv.AppendInt(buf, int64(len(s)), 10)
	buf = append(buf, "\r\n"...)
	buf = append(buf, s...)
	return append(buf, "\r\n"...)
}

// readRESP reads a simple string, an error or a bulk string.
func readRESP(r *bufio.Reader) ([]byte, error) {
	line, err := readLine(r)
	if err != nil {
		return nil, err
	}
	if len(line) == 0 {
		return nil, fmt.Errorf("an empty reply")
	}
	switch rest := line[1:]; line[0] {
	case '+':
		return nil, nil
	case '-':
		return nil, refusal(rest)
	case '$':
		if string(rest) == "-1" {
			return nil, errMissing
		}
		return readData(r, rest)
	default:
		return nil, fmt.Errorf("a reply of a kind that was not asked for: %q", line)
	}
}

// maxValue is the largest value that is taken from a server.
const maxValue = 64 << 20

// readData reads as many bytes as size says in decimal, and the end of the line
// behind them.
func readData(r *bufio.Reader, size []byte) ([]byte, error) {
	n, err := strconv.Atoi(string(size))
	if err != nil || n < 0 || n > maxValue {
		return nil, fmt.Errorf("a reply with %q bytes", size)
	}
	value := make([]byte, n+2)
	if _, err := io.ReadFull(r, value); err != nil {
		return nil, err
	}
	if string(value[n:]) != "\r\n" {
		return nil, fmt.Errorf("a value of %d bytes is not at its end there", n)
	}
	return value[:n], nil
}

// readLine returns a line without its end; it is valid until the next read.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	if len(line) < 2 || line[len(line)-2] != '\r' {
		return nil, fmt.Errorf("a line without an end: %q", line)
	}
	return line[:len(line)-2], nil
}
