package resp

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"pikv/resp/resptest"
)

// segments is how many pieces with data a connection of this machine with itself has
// brought: each write is one, up to some 64 KB.
func segments(t *testing.T, c *net.TCPConn) (n int) {
	t.Helper()
	raw, err := c.SyscallConn()
	require.NoError(t, err)
	var failure error
	require.NoError(t, raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if failure = err; err == nil {
			n = int(info.Data_segs_in)
		}
	}))
	if failure != nil {
		t.Skipf("the system does not count segments: %v", failure)
	}
	return n
}

// Commands that come in one read are answered in one write, whatever they are.
func TestRepliesOfOneReadLeaveInOneWrite(t *testing.T) {
	for _, remote := range []bool{false, true} {
		s := newTestServer(t, func(cfg *Config) { cfg.Remote = remote })
		conn, err := net.Dial("tcp", s.addr)
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
		c := conn.(*net.TCPConn)
		const many, rounds = 100, 10
		var commands, want strings.Builder
		for i := range many {
			commands.WriteString(resptest.Command("SET", fmt.Sprint("k", i), fmt.Sprint("v", i)) + resptest.Command("GET", fmt.Sprint("k", i)) + "PING\r\nNOSUCH\r\n")
			fmt.Fprintf(&want, "+OK\r\n$%d\r\nv%d\r\n+PONG\r\n-ERR unknown command 'NOSUCH', with args beginning with: \r\n", len(fmt.Sprint("v", i)), i)
		}
		require.Less(t, commands.Len(), 16<<10, "one read takes all")
		for range rounds {
			_, err = io.WriteString(c, commands.String())
			require.NoError(t, err)
			got := make([]byte, want.Len())
			_, err = io.ReadFull(c, got)
			require.NoError(t, err)
			require.Equal(t, want.String(), string(got))
		}
		n := segments(t, c)
		if n == 0 {
			t.Skip("the system counts no segments, as qemu does not")
		}
		require.GreaterOrEqual(t, n, rounds)
		require.Less(t, n, 2*rounds, "writes of %d replies each, and what a busy machine may have sent again", 4*many)
	}
}
