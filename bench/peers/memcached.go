package peers

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"strconv"
)

// memcached is the part of its meta commands (doc/protocol.txt of memcached 1.6) that
// gets and sets a value: they cost it least, and send the fewest bytes.
var memcached = protocol{
	get: func(buf []byte, key string) []byte {
		buf = append(append(buf, "mg "...), key...)
		return append(buf, " v\r\n"...)
	},
	put: func(buf []byte, key string, value []byte) []byte {
		buf = append(append(buf, "ms "...), key...)
		buf = strconv.AppendInt(append(buf, ' '), int64(len(value)), 10)
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
	case "HD":
		return nil, nil
	case "EN":
		return nil, errMissing
	case "VA": // bytes
		return readData(r, rest)
	case "ERROR", "CLIENT_ERROR", "SERVER_ERROR":
		return nil, refusal(line)
	default:
		return nil, fmt.Errorf("a reply of a kind that was not asked for: %q", line)
	}
}
