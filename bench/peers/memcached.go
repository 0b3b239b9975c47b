package peers

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"strconv"
)

// memcached is its text protocol, as far as get and set need it. (Its meta
// commands save few bytes and no work that matters here.)
var memcached = protocol{
	get: func(buf []byte, key string) []byte {
		buf = append(append(buf, "get "...), key...)
		return append(buf, "\r\n"...)
	},
	put: func(buf []byte, key string, value []byte) []byte {
		buf = append(append(buf, "set "...), key...)
		buf = append(buf, " 0 0 "...)
		buf = strconv.AppendInt(buf, int64(len(value)), 10)
		buf = append(append(buf, "\r\n"...), value...)
		return append(buf, "\r\n"...)
	},
	reply: readMemcached,
}

// DialMemcached connects to a memcached.
func DialMemcached(ctx context.Context, addr string) (Conn, error) {
	return dial(ctx, Host{}, addr, memcached)
}

// DialMemcached connects to a server of StartMemcachedOn's.
func (s *Server) DialMemcached(ctx context.Context) (Conn, error) {
	return dial(ctx, s.host, s.Addr, memcached)
}

// readMemcached reads the reply to a set, or to a get of one key.
func readMemcached(r *bufio.Reader) ([]byte, error) {
	line, err := readLine(r)
	if err != nil {
		return nil, err
	}
	switch word, rest, _ := bytes.Cut(line, []byte(" ")); string(word) {
	case "STORED":
		return nil, nil
	case "END":
		return nil, errMissing
	case "VALUE": // key, flags, bytes
		value, err := readData(r, rest[bytes.LastIndexByte(rest, ' ')+1:])
		if err != nil {
			return nil, err
		}
		if line, err = readLine(r); err == nil && string(line) != "END" {
			err = fmt.Errorf("%q after a value", line)
		}
		return value, err
	case "ERROR", "CLIENT_ERROR", "SERVER_ERROR":
		return nil, refusal(line)
	default:
		return nil, fmt.Errorf("a reply of a kind that was not asked for: %q", line)
	}
}
