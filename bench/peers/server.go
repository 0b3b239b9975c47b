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

// Host is where a server runs. The zero value is this machine: it listens on
// loopback, at a port that is free.
type Host struct {
	IP string // on which nothing else listens
	// Inside returns the command line that runs a command there.
	Inside func(command []string) []string
	// Dial connects to it.
	Dial func(ctx context.Context, addr string) (net.Conn, error)
}

// Server is a process that listens.
type Server struct {
	Name string
	Addr string

	host Host
	cmd  *exec.Cmd
	bus  string          // of a Redis Cluster's master: its other port
	dir  string          // its own, removed with it
	log  strings.Builder // what it says; valid after done
	done chan struct{}   // closed when it has ended
}

// PID returns the process id.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Ended reports whether the process has ended.
func (s *Server) Ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// Close kills the process and waits for its end: nothing of it is needed any
// more.
func (s *Server) Close() {
	_ = s.cmd.Process.Kill() // it may have ended by itself
	<-s.done
	_ = os.RemoveAll(s.dir)
}

// StartRedis starts redis-server, which keeps everything in memory alone.
func StartRedis(ctx context.Context) (*Server, error) {
	return start(ctx, "redis-server", Host{}, redisArgs)
}

func redisArgs(ip, port, dir string) []string {
	args := []string{"--bind", ip, "--port", port, "--dir", dir, "--save", "", "--appendonly", "no", "--daemonize", "no"}
	if ip != loopback {
		args = append(args, "--protected-mode", "no") // it has no password, and nobody else is there
	}
	return args
}

// StartMemcached starts memcached with room for megabytes of entries.
func StartMemcached(ctx context.Context, megabytes int) (*Server, error) {
	return StartMemcachedOn(ctx, Host{}, megabytes)
}

// StartMemcachedOn starts memcached on a host, with flags of one's own.
func StartMemcachedOn(ctx context.Context, h Host, megabytes int, flags ...string) (*Server, error) {
	return start(ctx, "memcached", h, func(ip, port, _ string) []string {
		args := append([]string{"-l", ip, "-p", port, "-U", "0", "-m", fmt.Sprint(megabytes)}, flags...)
		if os.Geteuid() == 0 {
			// It refuses to be root unless it is told to. As anyone else it would outlive
			// us: who changes users is no longer killed with his parent.
			args = append(args, "-u", "root")
		}
		return args
	})
}

// StartEcho starts command, which must call ServeEcho at the address that is
// appended to it.
func StartEcho(ctx context.Context, command ...string) (*Server, error) {
	return start(ctx, command[0], Host{}, func(ip, port, _ string) []string {
		return append(command[1:len(command):len(command)], net.JoinHostPort(ip, port))
	})
}

// startTime bounds how long a server may take until it listens.
const startTime = 10 * time.Second

// portsToTry is for servers whose port somebody took before they did.
const portsToTry = 5

// errEnded is of a server that does not listen and never will.
var errEnded = errors.New("it ended at once")

// loopback is where servers listen that are on no other host, and fixedPort is the
// port of those that are: nothing else listens there.
const (
	loopback  = "127.0.0.1"
	fixedPort = "7000"
)

// start runs name on a host with what args returns, and waits until it listens.
func start(ctx context.Context, name string, h Host, args func(ip, port, dir string) []string) (*Server, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, ErrNotInstalled)
	}
	for tried := 1; ; tried++ {
		s, err := startAtAPort(ctx, name, path, h, args)
		if err == nil || tried == portsToTry || !errors.Is(err, errEnded) {
			return s, err
		}
	}
}

// startAtAPort is start at a port that is free as far as can be seen.
func startAtAPort(ctx context.Context, name, path string, h Host, args func(ip, port, dir string) []string) (*Server, error) {
	addr := net.JoinHostPort(h.IP, fixedPort)
	if h.IP == "" {
		var err error
		if addr, err = freeAddr(); err != nil {
			return nil, fmt.Errorf("start %s: %w", name, err)
		}
	}
	dir, err := os.MkdirTemp("", "pikv-peer-")
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	ip, port, _ := net.SplitHostPort(addr)
	line := append([]string{path}, args(ip, port, dir)...)
	if h.Inside != nil {
		line = h.Inside(line)
	}
	s := &Server{Name: name, Addr: addr, host: h, dir: dir, cmd: exec.Command(line[0], line[1:]...), done: make(chan struct{})}
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
	for {
		nc, err := s.host.dial(ctx, s.Addr)
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

// dial connects to an address of the host.
func (h Host) dial(ctx context.Context, addr string) (net.Conn, error) {
	if h.Dial != nil {
		return h.Dial(ctx, addr)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", addr)
}

// freeAddr returns an address on loopback at which nobody listens. Somebody may
// take it before the server does; then the server says so and ends: see start.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
