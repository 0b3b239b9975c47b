package socket

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// Pace makes the kernel spread what is written to conn: it leaves at
// bytesPerSecond at most, packet by packet, so that what others send over the
// same network is not held up by bursts. 0 is as fast as it can. On a connection
// that is no TCP socket it does nothing.
func Pace(conn net.Conn, bytesPerSecond int64) error {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return err
	}
	const none = 1<<32 - 1 // "unlimited" to the kernel, as 32 bits
	rate := uint32(none)
	if bytesPerSecond > 0 && bytesPerSecond < none {
		rate = uint32(bytesPerSecond)
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE, int(int32(rate)))
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("pace connection: %w", err)
	}
	return nil
}
