package stage

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
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

// FindPikvd returns the path of the daemon: it lies beside this program, or where the
// system looks for programs.
func FindPikvd() (string, error) {
	own, err := os.Executable()
	if err == nil {
		beside := filepath.Join(filepath.Dir(own), "pikvd")
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	path, err := exec.LookPath("pikvd")
	if err != nil {
		return "", fmt.Errorf("find pikvd, which is to be measured: it is neither beside %s nor in PATH: `make build` makes both", own)
	}
	return filepath.Abs(path)
}
