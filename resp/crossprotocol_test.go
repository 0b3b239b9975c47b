package resp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pikv/resp/resptest"
)

// A web page can have a browser send a body to whatever port its machine reaches. Its lines
// are not run, also when the beginning is.
func TestWebPagesGiveNoCommands(t *testing.T) {
	core, logs := observer.New(zapcore.WarnLevel)
	s := newTestServer(t, func(cfg *Config) { cfg.Log = zap.New(core) })
	other := s.dial(t)
	require.Equal(t, "+OK", other.Do("SET", "k", "v"))
	for _, request := range []string{
		"POST / HTTP/1.1\r\nHost: x\r\n\r\nFLUSHALL\r\n",
		"post / HTTP/1.1\r\n\r\nFLUSHALL\r\n",
		"HOST: x\r\nFLUSHALL\r\n",
		resptest.Command("POST", "/") + "FLUSHALL\r\n",
		resptest.Command("post\x00", "/") + "FLUSHALL\r\n",
	} {
		c := s.dial(t)
		c.Raw(request)
		c.Closed()
	}
	c := s.dial(t)
	c.Raw("GET / HTTP/1.1\r\nHost: x\r\n\r\nFLUSHALL\r\n")
	require.Equal(t, "-ERR wrong number of arguments for 'get' command", c.Reply())
	c.Closed()
	require.Equal(t, "v", other.Do("GET", "k"))
	require.Equal(t, "-ERR unknown command 'posts', with args beginning with: '/' ", other.Do("posts", "/"))
	require.Equal(t, 1, logs.Len(), "once a minute")
}

// Commands before that are answered, those included that wait: Redis forgets the answers that
// it has not sent yet.
func TestWhatCameBeforeHTTPIsAnswered(t *testing.T) {
	s := newTestServer(t, nil)
	s.memory.hold()
	c := s.dial(t)
	c.Raw(resptest.Command("SET", "k", "v") + "PING\r\nPOST / HTTP/1.1\r\nHost: x\r\n\r\nFLUSHALL\r\n")
	require.Eventually(t, func() bool { return s.memory.waiting() == 1 }, patience, time.Millisecond)
	s.memory.release(1)
	require.Equal(t, "+OK", c.Reply())
	require.Equal(t, "+PONG", c.Reply())
	c.Closed()
	require.Equal(t, "v", s.dial(t).Do("GET", "k"))
}
