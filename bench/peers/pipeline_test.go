package peers

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen returns a listener on loopback that is closed, and what serves it
// ended, when the test ends.
func listen(t *testing.T, serve func(l net.Listener)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(l)
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}

// serveOne gives the first connection to talk.
func serveOne(talk func(r *bufio.Reader, w io.Writer)) func(l net.Listener) {
	return func(l net.Listener) {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		talk(bufio.NewReader(nc), nc)
	}
}

func TestRepliesOfRedis(t *testing.T) {
	r := bufio.NewReader(strings.NewReader("+OK\r\n$3\r\na\r\n\r\n$-1\r\n-ERR no\r\n:1\r\n"))
	for _, want := range []struct {
		value string
		err   error
	}{{"", nil}, {"a\r\n", nil}, {"", errMissing}, {"", refusal("ERR no")}} {
		value, err := readRESP(r)
		require.Equal(t, want.err, err)
		require.Equal(t, want.value, string(value))
	}
	_, err := readRESP(r)
	require.ErrorContains(t, err, "not asked for")
	for _, broken := range []string{"\r\n", "+OK\n", "$x\r\n", "$-2\r\n", "$99999999999\r\n", "$1\r\nabc", "$1\r\nab"} {
		_, err := readRESP(bufio.NewReader(strings.NewReader(broken)))
		require.Error(t, err, broken)
	}
	require.Equal(t, "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", string(redis.get(nil, "k")))
	require.Equal(t, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\nvw\r\n", string(redis.put(nil, "k", []byte("vw"))))
}

func TestRepliesOfMemcached(t *testing.T) {
	r := bufio.NewReader(strings.NewReader("HD\r\nVA 3\r\na\r\n\r\nEN\r\nSERVER_ERROR out of memory\r\nTOUCHED\r\n"))
	for _, want := range []struct {
		value string
		err   error
	}{{"", nil}, {"a\r\n", nil}, {"", errMissing}, {"", refusal("SERVER_ERROR out of memory")}} {
		value, err := readMemcached(r)
		require.Equal(t, want.err, err)
		require.Equal(t, want.value, string(value))
	}
	_, err := readMemcached(r)
	require.ErrorContains(t, err, "not asked for")
	for _, broken := range []string{"VA x\r\n", "VA\r\n", "VA 1\r\nabc\r\n"} {
		_, err := readMemcached(bufio.NewReader(strings.NewReader(broken)))
		require.Error(t, err, broken)
	}
	require.Equal(t, "mg k v\r\n", string(memcached.get(nil, "k")))
	require.Equal(t, "ms k 2\r\nvw\r\n", string(memcached.put(nil, "k", []byte("vw"))))
}

// fakeRedis answers every GET with the key.
func fakeRedis(r *bufio.Reader, w io.Writer) {
	for {
		var key []byte
		for line := range 5 { // *2 $3 GET $n key
			got, err := r.ReadBytes('\n')
			if err != nil {
				return
			}
			if line == 4 {
				key = bytes.TrimSpace(got)
			}
		}
		if _, err := fmt.Fprintf(w, "$%d\r\n%s\r\n", len(key), key); err != nil {
			return
		}
	}
}

// TestEachCallerGetsHisReply: many callers share a connection.
func TestEachCallerGetsHisReply(t *testing.T) {
	c, err := DialRedis(t.Context(), listen(t, serveOne(fakeRedis)))
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, Each(t.Context(), 50, 5000, func(i int) error {
		key := fmt.Sprint("key-", i)
		value, err := c.Get(t.Context(), key)
		if err == nil && string(value) != key {
			err = fmt.Errorf("%s: %s", key, value)
		}
		return err
	}))
}

// TestTheEndOfAConnection is told to all who wait, and to those who come later.
func TestTheEndOfAConnection(t *testing.T) {
	silent := func(r *bufio.Reader, _ io.Writer) { _, _ = io.Copy(io.Discard, r) }
	for name, end := range map[string]func(c Conn, cancel context.CancelFunc){
		"closed":   func(c Conn, _ context.CancelFunc) { _ = c.Close() },
		"canceled": func(_ Conn, cancel context.CancelFunc) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c, err := DialRedis(ctx, listen(t, serveOne(silent)))
			require.NoError(t, err)
			defer c.Close()
			errs := make(chan error)
			for range 10 {
				go func() {
					_, err := c.Get(ctx, "k")
					errs <- err
				}()
			}
			require.Eventually(t, func() bool { return len(c.(*pipeline).waiting) == 10 }, 10*time.Second, time.Millisecond)
			end(c, cancel)
			for range 10 {
				require.ErrorContains(t, <-errs, "the connection ended")
			}
			require.Error(t, c.Put(ctx, "k", nil))
		})
	}
}

func TestAServerThatTalksNonsense(t *testing.T) {
	for name, reply := range map[string]string{"garbage": "HTTP/1.1 400\r\n", "unasked": "+OK\r\n+OK\r\n", "cut short": "$10\r\nabc"} {
		t.Run(name, func(t *testing.T) {
			c, err := DialRedis(t.Context(), listen(t, serveOne(func(r *bufio.Reader, w io.Writer) {
				for range 5 {
					_, _ = r.ReadBytes('\n')
				}
				_, _ = io.WriteString(w, reply)
			})))
			require.NoError(t, err)
			defer c.Close()
			for err == nil { // what nobody has asked for may be taken for the next call's reply
				_, err = c.Get(t.Context(), "k")
			}
			require.ErrorContains(t, err, "the connection ended")
		})
	}
}
