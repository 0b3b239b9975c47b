package stage

import (
	"context"
	"net"
)

// Host is a computer on which a node can run.
type Host struct {
	IP     string
	Memory int64    // bytes that it has; 0 for no limit
	Env    []string // of the processes on it
	// Inside returns the command line that runs a command on the host, with so many
	// of its processors' time at most; 0 stands for all. nil: the command line itself.
	Inside func(command []string, processors int) []string
}

// command returns what starts a command on the host.
func (h Host) command(processors int, command ...string) []string {
	if h.Inside == nil {
		return command
	}
	return h.Inside(command, processors)
}

// Dial connects from where the clients are.
type Dial = func(ctx context.Context, addr string) (net.Conn, error)

// Hosts are the computers of a stage, with the clients beside them.
type Hosts struct {
	Pikvd    string // the binary
	All      []Host // the master's first
	Dial     Dial
	Dilation float64
}

// memory is what a worker is given for entries, where computers have no limit, and
// half of what they have where they do.
const memory = 1 << 30

func (h Host) maxMemory() int64 {
	if h.Memory == 0 {
		return memory
	}
	return h.Memory / 2
}
