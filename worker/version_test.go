package worker

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pikv/rpcserver"
	"pikv/socket"
	"pikv/wire"
)

// A worker of another version would take a grant for another one than it is. It
// says no at the door, is told nothing, and both ends say what to do about it.
func TestAnotherVersionIsNotSpokenTo(t *testing.T) {
	core, logs := observer.New(zapcore.WarnLevel)
	w := newWorkerOf(t, Config{Name: "b", Log: zap.New(core)})
	serve(t, w)
	other := rpcserver.New(rpcserver.Config{})
	refused := &wire.Error{Code: wire.CodeRefused, Text: "it speaks another version"}
	other.HandleHello(wire.MethodPeer, func(_ string, params []byte) error {
		hello, err := wire.DecodePeer(params)
		if err != nil || versionOf(hello.Batch) != peerVersion {
			t.Errorf("hello %q: %v", params, err)
		}
		return refused
	})
	ln, err := socket.Listen("127.0.0.1", 0, socket.RPCPort)
	require.NoError(t, err)
	other.Start(ln)
	t.Cleanup(func() { closeNow(other) })
	v := withPeers(testView(t, w, 7), ln.Addr().String())
	v.Partitions[0].InSync = sorted(append(v.Partitions[0].InSync, 101))
	require.NoError(t, w.follower.adopt(replyWith(v)))
	loops(w, w.runTicks)
	eventually(t, "somebody is told", func() bool { return logs.Len() > 0 })
	require.Contains(t, logs.All()[0].ContextMap()["error"], refused.Text)
	eventually(t, "it is greeted again", func() bool { return other.Stats().Accepted > 3 })
	require.Equal(t, 1, logs.Len(), "said once")
	require.False(t, w.links.Pair(101).Gone(), "it is there")
	require.Zero(t, other.Stats().Notifications)
}
