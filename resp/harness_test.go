package resp

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"pikv/resp/resptest"
	"pikv/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait.
const patience = 30 * time.Second

// testServer is a server over a memory.
type testServer struct {
	*Server
	memory *memory
	addr   string
}

func newTestServer(t *testing.T, change func(cfg *Config)) *testServer {
	t.Helper()
	return newPreparedServer(t, change, func(*Server) {})
}

// newPreparedServer is newTestServer with a look at the server before it starts.
func newPreparedServer(t *testing.T, change func(cfg *Config), prepare func(s *Server)) *testServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return newServerAt(t, ln, change, prepare)
}

// newServerAt is newPreparedServer with a listener.
func newServerAt(t *testing.T, ln net.Listener, change func(cfg *Config), prepare func(s *Server)) *testServer {
	t.Helper()
	s := &testServer{memory: newMemory()}
	cfg := Config{
		Keyspace: s.memory, Cluster: alone{viewOfMemory()}, Limits: wire.DefaultLimits(), Budget: wire.NewBudget(256 << 20),
		Clock: func() int64 { return int64(s.memory.now().Sub(s.memory.began)) },
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	s.Server, err = New(cfg)
	require.NoError(t, err)
	prepare(s.Server)
	s.addr = ln.Addr().String()
	require.NoError(t, s.Start(ln))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = s.Close(ctx)
	})
	return s
}

func (s *testServer) dial(t *testing.T) *resptest.Client {
	t.Helper()
	return resptest.Dial(t, s.addr)
}
