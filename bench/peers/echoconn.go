package peers

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
)

// DialEcho connects to an echo for one caller, who writes the request and reads
// the reply himself: as bare as it gets. Other callers wait their turn.
func DialEcho(ctx context.Context, addr string, s Shape) (Conn, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	var d net.Dialer
	nc, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if _, err := nc.Write(s.greeting()); err != nil {
		nc.Close()
		return nil, fmt.Errorf("connect: %w", err)
	}
	e := &bareEcho{nc: nc, r: bufio.NewReaderSize(nc, 64<<10), keep: s.Keep, request: make([]byte, s.Request), reply: make([]byte, s.Reply)}
	e.forget = context.AfterFunc(ctx, func() { nc.Close() })
	return e, nil
}

// bareEcho is a Conn without goroutines. Get and Put are the same to it.
type bareEcho struct {
	nc     net.Conn
	keep   bool        // see Shape
	forget func() bool // the context that ends the connection

	mu             sync.Mutex // guards what follows, and the order on nc
	r              *bufio.Reader
	n              uint32
	request, reply []byte
}

// Get implements Conn. Unless the shape says to keep it, what it returns is
// overwritten by the next call.
func (e *bareEcho) Get(context.Context, string) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.n++
	binary.BigEndian.PutUint32(e.request, e.n)
	if _, err := e.nc.Write(e.request); err != nil {
		return nil, err
	}
	if e.keep {
		e.reply = make([]byte, len(e.reply))
	}
	if _, err := io.ReadFull(e.r, e.reply); err != nil {
		return nil, err
	}
	return e.reply, checkNumber(e.reply, e.n)
}

// Put implements Conn.
func (e *bareEcho) Put(ctx context.Context, key string, _ []byte) error {
	_, err := e.Get(ctx, key)
	return err
}

// Close implements Conn.
func (e *bareEcho) Close() error {
	e.forget()
	return e.nc.Close()
}

// DialEchoShared connects to an echo for many callers. Each of them writes his
// own request; one goroutine reads the replies and hands them out.
func DialEchoShared(ctx context.Context, addr string, s Shape) (Conn, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	var sent, read uint32 // under the connection's lock; by its reader
	frame := make([]byte, s.Request)
	request := func(buf []byte) []byte {
		sent++
		binary.BigEndian.PutUint32(frame, sent)
		return append(buf, frame...)
	}
	greeted := false
	p := protocol{
		alone: true,
		get: func(buf []byte, _ string) []byte {
			if !greeted {
				greeted = true
				buf = append(buf, s.greeting()...)
			}
			return request(buf)
		},
		reply: func(r *bufio.Reader) ([]byte, error) {
			read++
			reply := make([]byte, s.Reply)
			if _, err := io.ReadFull(r, reply); err != nil {
				return nil, err
			}
			return reply, checkNumber(reply, read)
		},
	}
	p.put = func(buf []byte, key string, _ []byte) []byte { return p.get(buf, key) }
	return dial(ctx, Host{}, addr, p)
}

// checkNumber compares the number of a reply with that of its request.
func checkNumber(reply []byte, want uint32) error {
	if got := binary.BigEndian.Uint32(reply); got != want {
		return fmt.Errorf("the echo of message %d came in the place of %d", got, want)
	}
	return nil
}
