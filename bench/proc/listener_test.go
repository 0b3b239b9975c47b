package proc

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

const tcpTable = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1E14 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 100 0 0 10 0
   2: 0100007F:1E14 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 20 4 30 10 -1
`

const tcp6Table = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:1E15 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4714 1 0
   1: 0000000000000000FFFF00000100007F:1E16 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4715 1 0
   2: 00000000000000000000000000000000:1E17 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4716 1 0
`

func TestListeningSockets(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the tables are those of a little-endian machine")
	}
	four, err := parseSockets(tcpTable)
	require.NoError(t, err)
	six, err := parseSockets(tcp6Table)
	require.NoError(t, err)
	sockets := append(four, six...)
	find := func(addr string) (inodes []string) {
		for _, s := range sockets {
			if s.listensAt(netip.MustParseAddrPort(addr)) {
				inodes = append(inodes, s.inode)
			}
		}
		return inodes
	}
	require.Len(t, sockets, 5, "the connection is none")
	require.Equal(t, []string{"4711"}, find("127.0.0.1:7700"))
	require.Equal(t, []string{"4711"}, find("[::ffff:127.0.0.1]:7700"))
	require.Empty(t, find("127.0.0.2:7700"))
	require.Empty(t, find("127.0.0.1:7704"))
	require.Equal(t, []string{"4712"}, find("192.168.1.5:80"), "it listens everywhere")
	require.Equal(t, []string{"4714"}, find("[::1]:7701"))
	require.Equal(t, []string{"4715"}, find("127.0.0.1:7702"))
	require.Equal(t, []string{"4716"}, find("10.0.0.1:7703"))
	for _, wrong := range []string{"0: 0100007F:1E14", "0: 0100007F 0 0A 0 0 0 0 0 1 1", "0: 0100:1E14 0 0A 0 0 0 0 0 1 1", "0: 0100007G:1E14 0 0A 0 0 0 0 0 1 1",
		"0: 0100007F:1E145 0 0A 0 0 0 0 0 1 1", "0: 0100007F00000000:1E14 0 0A 0 0 0 0 0 1 1"} {
		_, err := parseSockets(wrong)
		require.Error(t, err, wrong)
	}
}

// TestWhoListens looks at the real tables.
func TestWhoListens(t *testing.T) {
	if _, err := os.Stat("/proc/net/tcp"); err != nil {
		t.Skip("there is no /proc/net/tcp")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := netip.MustParseAddrPort(l.Addr().String())
	pid, err := Listener(addr)
	require.NoError(t, err)
	require.Equal(t, os.Getpid(), pid)
	name, err := Name(pid)
	require.NoError(t, err)
	require.Contains(t, name, "proc")
	require.NoError(t, l.Close())
	pid, _ = Listener(addr) // another process may have the port by now
	require.NotEqual(t, os.Getpid(), pid)
	_, err = Listener(netip.MustParseAddrPort("127.0.0.1:0"))
	require.ErrorIs(t, err, ErrNotHere, "nobody can")
	_, err = Listener(netip.MustParseAddrPort("192.0.2.1:7700"))
	require.ErrorIs(t, err, ErrNotHere, "another machine's")
	_, err = Name(1 << 30)
	require.ErrorIs(t, err, os.ErrNotExist)
}
