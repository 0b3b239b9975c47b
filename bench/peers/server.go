package peers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// ErrNotInstalled says that this machine has no such server.
var ErrNotInstalled = errors.New("not installed")

// Server is a process that listens on loopback.
type Server struct {
	Name string
	Addr string

	cmd  *exec.Cmd
	dir  string          // its own, removed with it
	log  strings.Builder // what it says; valid after done
	done chan struct{}   // closed when it has ended
}

// PID returns the process id.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Close kills the process and waits for its end: nothing of it is needed any
// more.
func (s *Server) Close() {
	_ = s.cmd.Process.Kill() // it may have ended by itself
	<-s.done
	_ = os.RemoveAll(s.dir)
}

// StartRedis starts redis-server, which keeps everything in memory alone.
func StartRedis(ctx context.Context) (*Server, error) {
	return start(ctx, "redis-server", redisArgs)
}

func redisArgs(port, dir string) []string {
	return []string{"--bind", "127.0.0.1", "--port", port, "--dir", dir, "--save", "", "--appendonly", "no", "--daemonize", "no"}
}

// StartMemcached starts memcached with room for megabytes of entries.
func StartMemcached(ctx context.Context, megabytes int) (*Server, error) {
	return start(ctx, "memcached", func(port, _ string) []string {
		args := []string{"-l", "127.0.0.1", "-p", port, "-U", "0", "-m", fmt.Sprint(megabytes)}
		if os.Geteuid() == 0 {
			args = append(args, "-u", "nobody") // it refuses to be root
		}
		return args
	})
}

// StartEcho starts command, which must call ServeEcho at the address that is
// appended to it.
func StartEcho(ctx context.Context, command ...string) (*Server, error) {
	return start(ctx, command[0], func(port, _ string) []string {
		return append(command[1:len(command):len(command)], net.JoinHostPort("127.0.0.1", port))
	})
}

// startTime bounds how long a server may take until it listens.
const startTime = 10 * time.Second

// portsToTry is for servers whose port somebody took before they did.
const portsToTry = 5

// errEnded is of a server that does not listen and never will.
var errEnded = errors.New("it ended at once")

// start runs name with what args returns, and waits until it listens.
func start(ctx context.Context, name string, args func(port, dir string) []string) (*Server, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, ErrNotInstalled)
	}
	for tried := 1; ; tried++ {
		s, err := startAtAPort(ctx, name, path, args)
		if err == nil || tried == portsToTry || !errors.Is(err, errEnded) {
			return s, err
		}
	}
}

// startAtAPort is start at a port that is free as far as can be seen.
func startAtAPort(ctx context.Context, name, path string, args func(port, dir string) []string) (*Server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	dir, err := os.MkdirTemp("", "pikv-peer-")
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	_, port, _ := net.SplitHostPort(addr)
	s := &Server{Name: name, Addr: addr, dir: dir, cmd: exec.Command(path, args(port, dir)...), done: make(chan struct{})}
	s.cmd.Dir = dir
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	// If we die without stopping it, it dies too.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), os.RemoveAll(dir))
	}
	go func() {
		defer close(s.done)
		_ = s.cmd.Wait() // that it ended is what matters
	}()
	if err := s.listening(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("start %s: %w\n%s", name, err, s.log.String())
	}
	return s, nil
}

// listening waits until the server takes connections.
func (s *Server) listening(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	var d net.Dialer
	for {
		nc, err := d.DialContext(ctx, "tcp", s.Addr)
		if err == nil {
			nc.Close()
			select {
			case <-s.done: // somebody else listens there
				return errEnded
			default:
				return nil
			}
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-s.done:
			return errEnded
		case <-ctx.Done():
			return err
		}
	}
}

// freeAddr returns an address on loopback at which nobody listens. Somebody may
// take it before the server does; then the server says so and ends: see start.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
