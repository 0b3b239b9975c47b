package rpcserver

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// ErrPortInUse is returned by Listen when another process has the port.
var ErrPortInUse = errors.New("port in use")

// Listen opens the TCP port that a node serves; port 0 is any free one.
func Listen(bind string, port int) (net.Listener, error) {
	ln, err := net.Listen("tcp", net.JoinHostPort(bind, strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("RPC %w: %d on %s: stop the other process, or give --rpc-port (0 for any free port)", ErrPortInUse, port, bind)
	}
	if err != nil {
		return nil, fmt.Errorf("listen for RPC on %s (--bind): %w", bind, err)
	}
	return ln, nil
}
