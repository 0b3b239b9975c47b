package worker

import (
	"fmt"
	"net"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// door is a port that is taken, so that nobody else gets it, and refuses
// connections until it is opened.
type door struct {
	file *os.File
	addr string
}

func newDoor(t *testing.T) *door {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	require.NoError(t, err)
	unix.CloseOnExec(fd)
	d := &door{file: os.NewFile(uintptr(fd), "door")}
	t.Cleanup(func() { require.NoError(t, d.file.Close()) })
	require.NoError(t, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	bound, err := unix.Getsockname(fd)
	require.NoError(t, err)
	d.addr = fmt.Sprintf("127.0.0.1:%d", bound.(*unix.SockaddrInet4).Port)
	return d
}

// open returns a listener. Once all of those are closed connections wait for the
// next.
func (d *door) open(t *testing.T) net.Listener {
	t.Helper()
	require.NoError(t, unix.Listen(int(d.file.Fd()), unix.SOMAXCONN))
	ln, err := net.FileListener(d.file)
	require.NoError(t, err)
	return ln
}
