package compare

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"
)

// patience bounds the wait for a reply.
const patience = 10 * time.Second

// server is one of the two, by its address.
type server struct {
	addr string
	conn net.Conn
	r    *bufio.Reader
}

// dial connects anew, and speaks RESP3 if proto is 3.
func (s *server) dial(proto int) error {
	s.close()
	conn, err := net.DialTimeout("tcp", s.addr, patience)
	if err != nil {
		return fmt.Errorf("dial %s: %w", s.addr, err)
	}
	s.conn, s.r = conn, bufio.NewReaderSize(conn, 1<<16)
	if proto == 3 {
		a, err := s.call("HELLO", "3")
		if err != nil || a.kind != '%' {
			return fmt.Errorf("HELLO 3: %v, %w", a, err)
		}
	}
	return nil
}

func (s *server) close() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

// call sends a command and returns its reply. What is not an answer to it, a
// push of RESP3, is passed over.
func (s *server) call(words ...string) (reply, error) {
	if err := s.send(appendCommand(nil, words)); err != nil {
		return reply{}, err
	}
	for {
		a, err := readReply(s.r)
		if err != nil || a.kind != '>' {
			return a, err
		}
	}
}

func (s *server) send(b []byte) error {
	if s.conn == nil {
		return net.ErrClosed
	}
	s.conn.SetDeadline(time.Now().Add(patience))
	_, err := s.conn.Write(b)
	return err
}

// raw sends bytes, then a command of its own to see where their replies end. The
// result has all replies before that, and +closed when the server closed.
func (s *server) raw(b string) (reply, error) {
	const mark = "the end of the replies"
	all := reply{kind: '*', elem: []reply{}}
	if s.conn == nil {
		all.elem = append(all.elem, reply{kind: '+', text: "closed"})
		return all, nil
	}
	// A server that has closed may refuse what comes after, or reset: what it said
	// before is there all the same.
	_ = s.send(appendCommand([]byte(b), []string{"ECHO", mark}))
	var err error
	for err == nil {
		var a reply
		if a, err = readReply(s.r); err == nil {
			if a.kind == '$' && a.text == mark {
				return all, nil
			}
			all.elem = append(all.elem, a)
		}
	}
	if isTimeout(err) || errors.Is(err, errReply) {
		return all, err
	}
	all.elem = append(all.elem, reply{kind: '+', text: "closed"})
	return all, nil
}

func isTimeout(err error) bool {
	nerr, ok := errors.AsType[net.Error](err)
	return ok && nerr.Timeout()
}

// scan sends SCAN until its end and returns what it found, each once, sorted.
func (s *server) scan(options []string) (reply, error) {
	cursor, found := "0", map[string]bool{}
	for {
		a, err := s.call(append([]string{"SCAN", cursor}, options...)...)
		if err != nil || a.isError() {
			return a, err
		}
		if len(a.elem) != 2 || a.elem[1].kind != '*' {
			return a, fmt.Errorf("%w: SCAN answers %v", errReply, a)
		}
		for _, key := range a.elem[1].elem {
			found[key.text] = true
		}
		if cursor = a.elem[0].text; cursor == "0" {
			break
		}
	}
	all := reply{kind: '*', elem: []reply{}}
	for key := range found {
		all.elem = append(all.elem, reply{kind: '$', text: key})
	}
	sortReplies(all.elem)
	return all, nil
}

// gone waits until a key has expired.
func (s *server) gone(key string) (reply, error) {
	end := time.Now().Add(patience)
	for {
		a, err := s.call("EXISTS", key)
		if err != nil || a.text == "0" || time.Now().After(end) {
			return a, err
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// do performs a step.
func (s *server) do(st step, words []string) (reply, error) {
	switch st.how {
	case hRaw:
		return s.raw(words[0])
	case hScan:
		return s.scan(words[1:])
	case hGone:
		return s.gone(words[0])
	default:
		a, err := s.call(words...)
		if err != nil && !isTimeout(err) && !errors.Is(err, errReply) {
			return reply{kind: '+', text: "closed"}, nil // or reset: the other end had more to say
		}
		return a, err
	}
}

// appendCommand appends a command as clients send it.
func appendCommand(b []byte, words []string) []byte {
	b = append(b, '*')
	b = strconv.AppendInt(b, int64(len(words)), 10)
	b = append(b, "\r\n"...)
	for _, w := range words {
		b = append(b, '$')
		b = strconv.AppendInt(b, int64(len(w)), 10)
		b = append(b, "\r\n"...)
		b = append(b, w...)
		b = append(b, "\r\n"...)
	}
	return b
}

func sortReplies(all []reply) {
	slices.SortFunc(all, func(a, b reply) int {
		switch x, y := a.String(), b.String(); {
		case x < y:
			return -1
		case x > y:
			return 1
		default:
			return 0
		}
	})
}
