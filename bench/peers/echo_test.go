package peers

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func serveEcho(l net.Listener) { _ = ServeEcho(l) }

// TestTheShapeIsThatOfPikv: counted by hand from docs/WIRE.md.
func TestTheShapeIsThatOfPikv(t *testing.T) {
	const head, bin = 1 + 1 + 5, 2 // array, kind, number; type and length
	require.Equal(t, Shape{Request: head + 4 + 1 + bin + 16, Reply: head + 1 + bin + 128}, GetShape(16, 128))
	require.Equal(t, Shape{Request: head + 4 + 1 + bin + 16 + bin + 128, Reply: head + 1 + 5}, PutShape(16, 128))
}

// TestFramesOfTheEcho: cut as the network likes, each request has its reply,
// with its number and in its order.
func TestFramesOfTheEcho(t *testing.T) {
	client, server := net.Pipe()
	done := make(chan error, 1)
	go func() {
		defer server.Close()
		done <- echo(server)
	}()
	shape := Shape{Request: 7, Reply: 11}
	stream := shape.greeting()
	for n := range uint32(3) {
		stream = append(binary.BigEndian.AppendUint32(stream, 100+n), "abc"...)
	}
	go func() {
		for len(stream) > 0 {
			n := min(5, len(stream))
			if _, err := client.Write(stream[:n]); err != nil {
				return
			}
			stream = stream[n:]
		}
	}()
	for n := range uint32(3) {
		reply := make([]byte, shape.Reply)
		got, err := client.Read(reply) // a write of its own
		require.NoError(t, err)
		require.Equal(t, shape.Reply, got)
		require.Equal(t, 100+n, binary.BigEndian.Uint32(reply))
		require.Equal(t, make([]byte, 7), reply[4:])
	}
	client.Close()
	require.Error(t, <-done)
}

func TestTheEchoRefusesNonsense(t *testing.T) {
	for _, s := range []Shape{{}, {Request: 3, Reply: 100}, {Request: 100, Reply: maxMessage + 1}} {
		_, err := readGreeting(bytes.NewReader(s.greeting()))
		require.ErrorContains(t, err, "not from 4 to")
		_, err = DialEchoShared(t.Context(), "127.0.0.1:1", s)
		require.ErrorContains(t, err, "not from 4 to")
		_, err = DialEcho(t.Context(), "127.0.0.1:1", s)
		require.ErrorContains(t, err, "not from 4 to")
	}
	_, err := readGreeting(bytes.NewReader([]byte{1, 2, 3}))
	require.Error(t, err)
	for _, s := range []Shape{{Request: 4, Reply: 5}, {Request: 40, Reply: 5, Keep: true}} {
		got, err := readGreeting(bytes.NewReader(s.greeting()))
		require.NoError(t, err)
		require.Equal(t, s, got)
	}
}

func TestBothEchoes(t *testing.T) {
	addr := listen(t, serveEcho)
	shape := GetShape(16, 128)
	for name, connect := range map[string]func(context.Context, string, Shape) (Conn, error){"bare": DialEcho, "shared": DialEchoShared} {
		t.Run(name, func(t *testing.T) {
			c, err := connect(t.Context(), addr, shape)
			require.NoError(t, err)
			defer c.Close()
			require.NoError(t, Each(t.Context(), 20, 2000, func(int) error {
				if _, err := c.Get(t.Context(), "k"); err != nil {
					return err
				}
				return c.Put(t.Context(), "k", nil)
			}))
		})
	}
}

// TestWhatIsKept is not overwritten by the next reply.
func TestWhatIsKept(t *testing.T) {
	addr := listen(t, serveEcho)
	for _, keep := range []bool{false, true} {
		c, err := DialEcho(t.Context(), addr, Shape{Request: 10, Reply: 10, Keep: keep})
		require.NoError(t, err)
		defer c.Close()
		first, err := c.Get(t.Context(), "k")
		require.NoError(t, err)
		second, err := c.Get(t.Context(), "k")
		require.NoError(t, err)
		require.Equal(t, keep, first[3] != second[3])
	}
}

func TestNumbersOfTheEcho(t *testing.T) {
	require.NoError(t, checkNumber([]byte{0, 0, 1, 0, 9}, 256))
	require.ErrorContains(t, checkNumber([]byte{0, 0, 1, 0}, 255), "message 256 came in the place of 255")
}
