package socket

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// Flag names a port of a node by the flag that sets it, in the user's words.
type Flag string

// The ports of a node.
const (
	RPCPort    Flag = "--rpc-port"
	RESPPort   Flag = "--resp-port"
	GossipPort Flag = "--gossip-port"
)

// AnyPort is any free port also where 0 means none.
const AnyPort = -1

// Listen opens the TCP port that flag sets; port 0, or AnyPort, is any free one.
// A port that another process has is a *PortInUse.
func Listen(bind string, port int, flag Flag) (net.Listener, error) {
	ln, err := net.Listen("tcp", net.JoinHostPort(bind, strconv.Itoa(max(port, 0))))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &PortInUse{Flag: flag, Bind: bind, Port: port}
	}
	if err != nil {
		name, _ := flag.words()
		return nil, fmt.Errorf("listen for %s on %s (--bind): %w", name, bind, err)
	}
	return ln, nil
}

// PortInUse says that another process has a port, and what to change.
type PortInUse struct {
	Flag Flag
	Bind string // the address to listen on
	Port int
}

// Error implements error.
func (e *PortInUse) Error() string {
	name, others := e.Flag.words()
	return fmt.Sprintf("%s port in use: %d on %s: stop the other process, or give %s (%s)", name, e.Port, e.Bind, e.Flag, others)
}

// Unwrap returns what the kernel said.
func (e *PortInUse) Unwrap() error { return syscall.EADDRINUSE }

// words are what errors call the port, and which values of the flag are no port.
func (f Flag) words() (name, others string) {
	switch f {
	case RESPPort:
		return "RESP", "0 for none, any for any free one"
	case GossipPort:
		return "gossip", "0 for any free port"
	default:
		return "RPC", "0 for any free port"
	}
}
