package resp

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// ErrPortInUse is returned by Listen when another process has the port.
var ErrPortInUse = errors.New("port in use")

// Listen opens the port for clients of Redis; port 0 is any free one.
func Listen(bind string, port int) (net.Listener, error) {
	ln, err := net.Listen("tcp", net.JoinHostPort(bind, strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("RESP %w: %d on %s: stop the other process, or give --resp-port (0 for none, any for any free one)", ErrPortInUse, port, bind)
	}
	if err != nil {
		return nil, fmt.Errorf("listen for Redis clients on %s (--bind): %w", bind, err)
	}
	return ln, nil
}
