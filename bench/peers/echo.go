package peers

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"pikv/wire"
)

// Shape is the bytes of an echo's messages. The echo answers each request with
// a reply of the same shape every time, whose first four bytes are those of the
// request: its number.
type Shape struct {
	Request, Reply int
	// Keep has each side read into new memory, as those must who keep what
	// they read; else it is read over what came before.
	Keep bool
}

// messageID stands for the numbers of messages: like nearly all of a long run's
// it takes five bytes.
const messageID = 1 << 20

// GetShape is the shape of pikv's own messages for a GET.
func GetShape(key, value int) Shape {
	request := wire.AppendGet(wire.AppendRequest(nil, messageID, wire.MethodGet), make([]byte, key), wire.Options{})
	return Shape{Request: len(request), Reply: len(wire.AppendBin(wire.AppendResponseOK(nil, messageID), make([]byte, value)))}
}

// PutShape is the shape of pikv's own messages for a PUT, without the options
// that name the write.
func PutShape(key, value int) Shape {
	request := wire.AppendPut(wire.AppendRequest(nil, messageID, wire.MethodPut), make([]byte, key), make([]byte, value), wire.Options{})
	return Shape{Request: len(request), Reply: len(wire.AppendUint(wire.AppendResponseOK(nil, messageID), messageID))}
}

// The bounds of a shape.
const (
	minMessage = 4
	maxMessage = maxValue + 1<<10
)

func (s Shape) check() error {
	if min(s.Request, s.Reply) < minMessage || max(s.Request, s.Reply) > maxMessage {
		return fmt.Errorf("messages of %d and %d bytes are not from %d to %d", s.Request, s.Reply, minMessage, maxMessage)
	}
	return nil
}

// greeting is what a connection begins with.
func (s Shape) greeting() []byte {
	b := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(s.Request)), uint32(s.Reply))
	if s.Keep {
		return append(b, 1)
	}
	return append(b, 0)
}

// readGreeting reads the shape of a connection's messages.
func readGreeting(r io.Reader) (Shape, error) {
	var b [9]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return Shape{}, err
	}
	s := Shape{Request: int(binary.BigEndian.Uint32(b[:4])), Reply: int(binary.BigEndian.Uint32(b[4:])), Keep: b[8] == 1}
	return s, s.check()
}

// ServeEcho answers on l until it is closed, and returns when all connections
// have ended.
func ServeEcho(l net.Listener) error {
	var conns sync.WaitGroup
	defer conns.Wait()
	for {
		nc, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		conns.Go(func() {
			defer nc.Close()
			_ = echo(nc) // the other side sees that the connection ends
		})
	}
}

// echo answers each request with a write of its own.
func echo(nc net.Conn) error {
	r := bufio.NewReaderSize(nc, 64<<10)
	shape, err := readGreeting(r)
	if err != nil {
		return err
	}
	request, reply := make([]byte, shape.Request), make([]byte, shape.Reply)
	for {
		if shape.Keep {
			request = make([]byte, shape.Request)
		}
		if _, err := io.ReadFull(r, request); err != nil {
			return err
		}
		copy(reply, request[:minMessage])
		if _, err := nc.Write(reply); err != nil {
			return err
		}
	}
}
