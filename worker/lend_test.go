package worker

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/rpcclient"
	"pikv/rpcserver"
	"pikv/wire"
)

// lentValue is more than two sockets hold, so that it is lent while the test
// does other things.
const lentValue = 48 << 20

func putAll(t *testing.T, conn *rpcclient.Conn, key []byte, c byte, size int) {
	t.Helper()
	require.NoError(t, conn.Call(t.Context(), wire.MethodPut, func(buf []byte) []byte {
		return wire.AppendPut(buf, key, bytes.Repeat([]byte{c}, size), wire.Options{})
	}, nil))
}

// patientWithReaders does not give up a reader that a busy machine makes wait.
func patientWithReaders() Config {
	cfg := Config{Server: rpcserver.DefaultConfig()}
	cfg.Server.WriteTimeout, cfg.Server.DeadPeer = time.Hour, time.Hour
	return cfg
}

// asker sends a Get over a connection that nobody reads yet.
func asker(t *testing.T, w *Worker, key []byte, o wire.Options) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", w.addr)
	require.NoError(t, err)
	t.Cleanup(func() { nc.Close() })
	require.NoError(t, nc.SetDeadline(time.Now().Add(5*time.Minute)))
	_, err = nc.Write(wire.AppendGet(wire.AppendRequest(nil, 1, wire.MethodGet), key, o))
	require.NoError(t, err)
	return nc
}

// lending is how many bytes the store keeps beside size that are no key's any more.
func (w *Worker) lending(size int64) bool { return w.memory.Used() > size*3/2 }

// A large value is sent from where it lies: what a slow reader gets is what was
// there when it asked, though the key has another value by then, or none; and it
// holds up neither the writes nor other reads.
func TestALargeValueStaysWhileItIsSent(t *testing.T) {
	w, conn := owner(t, patientWithReaders())
	key := []byte("key")
	for _, o := range []wire.Options{{}, {WithVersion: true}, {WithLeft: true}} {
		putAll(t, conn, key, 1, lentValue)
		slow := asker(t, w, key, o)
		_, err := slow.Read(make([]byte, 1)) // it has been looked up
		require.NoError(t, err)
		putAll(t, conn, key, 2, lentValue)
		require.True(t, w.lending(lentValue), "the old value is accounted")
		require.NoError(t, conn.Call(t.Context(), wire.MethodDel, func(buf []byte) []byte { return wire.AppendDel(buf, key) }, nil))

		got := make([]byte, lentValue)
		n, err := io.ReadFull(slow, got)
		require.NoError(t, err)
		ones := bytes.Count(got[:n], []byte{1})
		require.Greater(t, ones, lentValue-32, "bytes of another value")
		require.Equal(t, 0, bytes.Count(got[32:lentValue-32], []byte{2}))
		slow.Close()
		eventually(t, "it is given back", func() bool { return w.memory.Used() < lentValue/2 })
	}
}

// A reader that goes away gives back what it held.
func TestALargeValueIsGivenBackToNobody(t *testing.T) {
	w, conn := owner(t, patientWithReaders())
	key := []byte("key")
	putAll(t, conn, key, 1, lentValue)
	slow := asker(t, w, key, wire.Options{})
	_, err := slow.Read(make([]byte, 1))
	require.NoError(t, err)
	putAll(t, conn, key, 2, lentValue)
	require.True(t, w.lending(lentValue))
	slow.Close()
	eventually(t, "it is given back", func() bool { return !w.lending(lentValue) })
}
