// Package process runs pikvd as its users do: as a process of its own, told
// by its ready line where it listens. Start runs one; Stop, Kill, Pause and
// Resume do to it what users, crashes and slow machines do.
package process

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// Options says what to run.
type Options struct {
	Command []string  // the binary and its arguments, perhaps behind nsenter
	Env     []string  // added to the environment
	Log     io.Writer // what it prints on stderr; nil keeps only the end for error messages
}

// Process is one running pikvd. Safe for concurrent use.
type Process struct {
	Name   string // from the ready line, like the addresses
	RPC    string
	Gossip string
	RESP   string // "" when the node listens for no Redis clients
	Debug  string // "" unless --debug-addr was given

	cmd  *exec.Cmd
	tail tail
	done chan struct{} // closed when it has ended
	err  error         // how it ended; valid after done
}

// ErrNotReady is wrapped when the process ends, or the time is over, before
// it was ready; the text has the end of what it printed.
var ErrNotReady = errors.New("pikvd did not get ready")

// Start runs a node and waits until it is ready.
func Start(ctx context.Context, o Options) (*Process, error) {
	p := &Process{done: make(chan struct{})}
	p.cmd = exec.Command(o.Command[0], o.Command[1:]...)
	p.cmd.Env = append(os.Environ(), o.Env...)
	// If we die without stopping it, it dies too.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	p.cmd.Stderr = &p.tail
	if o.Log != nil {
		p.cmd.Stderr = io.MultiWriter(&p.tail, o.Log)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Command[0], err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Command[0], err)
	}
	ready := make(chan string, 1)
	go func() {
		defer close(p.done)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "ready ") {
				select {
				case ready <- lines.Text():
				default:
				}
			}
		}
		p.err = p.cmd.Wait()
	}()
	select {
	case line := <-ready:
		p.parse(line)
		return p, nil
	case <-p.done:
		return nil, fmt.Errorf("%w: %w\n%s", ErrNotReady, p.ended(), p.tail.text())
	case <-ctx.Done():
		p.Kill()
		return nil, fmt.Errorf("%w: %w\n%s", ErrNotReady, ctx.Err(), p.tail.text())
	}
}

// ended says how the process ended, once it has.
func (p *Process) ended() error {
	if p.err == nil {
		return errors.New("it ended by itself")
	}
	return p.err
}

// parse reads "ready name=... role=... rpc=... gossip=..." and what may follow.
func (p *Process) parse(line string) {
	for word := range strings.FieldsSeq(line) {
		switch key, value, _ := strings.Cut(word, "="); key {
		case "name":
			p.Name = value
		case "rpc":
			p.RPC = value
		case "gossip":
			p.Gossip = value
		case "resp":
			p.RESP = value
		case "debug":
			p.Debug = value
		}
	}
}

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Stop asks the node to stop (SIGTERM: a worker hands over first) and waits
// until it has ended; when ctx ends first it is killed.
func (p *Process) Stop(ctx context.Context) error {
	p.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-ctx.Done():
		p.Kill()
		return fmt.Errorf("stop %s: %w\n%s", p.Name, ctx.Err(), p.tail.text())
	}
	if p.err != nil {
		return fmt.Errorf("%s ended: %w\n%s", p.Name, p.err, p.tail.text())
	}
	return nil
}

// Kill ends the node at once, as a crash would, and waits for its end.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.done
}

// Pause stops the process without ending it (SIGSTOP).
func (p *Process) Pause() { p.Signal(syscall.SIGSTOP) }

// Resume undoes Pause.
func (p *Process) Resume() { p.Signal(syscall.SIGCONT) }

// Signal sends a signal to the process and its children; one that has ended
// is left alone.
func (p *Process) Signal(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, s) // it may end this very moment
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte // guarded by mu
}

const tailSize = 8 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if over := len(t.buf) - tailSize; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(b), nil
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.buf))
}
