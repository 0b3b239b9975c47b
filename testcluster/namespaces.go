package testcluster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"pikv/autoscale"
	"pikv/membership"
	"pikv/rpcclient"
	"pikv/testcluster/netns"
	"pikv/testcluster/process"
)

// ClientHost is the name, for Cut and Limit, of the host that the test's
// clients are on.
const ClientHost = "client"

// namespaces runs nodes as processes, each on a host of its own.
type namespaces struct {
	t      testing.TB
	lab    *netns.Lab
	pikvd  string // the binary
	client *netns.Host
	hosts  map[string]*netns.Host // by the node's name
	logs   *testLog
}

// newNamespaces makes a lab, and puts the daemon that will run in it into a folder of the test.
func newNamespaces(t testing.TB) *namespaces {
	t.Helper()
	lab := netns.New(t)
	p := &namespaces{
		t: t, lab: lab, client: lab.Host(ClientHost), hosts: make(map[string]*netns.Host),
		pikvd: filepath.Join(t.TempDir(), "pikvd"), logs: &testLog{t: t},
	}
	daemon, err := builtDaemon()
	if err == nil {
		err = os.WriteFile(p.pikvd, daemon, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// builtDaemon returns the binary, which is built once in a process: to link it anew for each
// test takes longer than a cluster does to start.
var builtDaemon = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "pikvd")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "pikvd")
	if out, err := exec.Command("go", "build", "-o", path, "pikv/cmd/pikvd").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build pikvd: %w\n%s", err, out)
	}
	return os.ReadFile(path)
})

// dial connects from the clients' host.
func (p *namespaces) dial() rpcclient.Dialer { return p.client.Dial }

// start runs pikvd with as few flags as its users type, on the node's host.
func (p *namespaces) start(ctx context.Context, s spec) (running, error) {
	host := p.hosts[s.Name]
	if host == nil {
		host = p.lab.Host(s.Name)
		p.hosts[s.Name] = host
	}
	args := []string{p.pikvd, "start", "--role", string(s.Role), "--name", s.Name}
	if !s.Redis {
		args = append(args, "--resp-port", "0")
	}
	passwords, err := s.RedisUsers.flags(p.t)
	if err != nil {
		return nil, err
	}
	args = append(args, passwords...)
	for _, seed := range s.join {
		args = append(args, "--join", seed)
	}
	if s.Role == membership.RoleMaster {
		args = append(args, "--data-dir", s.dataDir, "--partitions", strconv.Itoa(s.Partitions), "--replicas", strconv.Itoa(s.Replicas))
		if s.OnLoss != "" {
			args = append(args, "--on-loss", s.OnLoss)
		}
		if s.RedisProxy {
			args = append(args, "--resp-proxy")
		}
		args = append(args, scalingFlags(s.Scaling)...)
	} else {
		args = append(args, "--max-memory", strconv.FormatInt(s.MaxMemory, 10), "--eviction", s.Eviction, "--move-rate", strconv.FormatInt(s.MoveRate, 10))
		if s.Spare {
			args = append(args, "--spare")
		}
	}
	log, err := p.log(s)
	if err != nil {
		return nil, err
	}
	run, err := process.Start(ctx, process.Options{Command: host.Inside(args...), Log: log})
	if err != nil {
		return nil, err
	}
	return &processNode{run}, nil
}

// scalingFlags spells a policy as users type it.
func scalingFlags(p autoscale.Policy) []string {
	if p == (autoscale.Policy{}) {
		return nil
	}
	marks := func(m autoscale.Marks, unit float64) string { return fmt.Sprintf("%g:%g", m.Low*unit, m.High*unit) }
	return []string{
		"--autoscale", p.Mode.String(), "--scale-memory", marks(p.Memory, 100), "--scale-cpu", marks(p.CPU, 100), "--scale-requests", marks(p.Requests, 1),
		"--scale-window", p.Window.String(), "--scale-cooldown", p.CoolDown.String(), "--min-workers", strconv.Itoa(p.MinWorkers),
	}
}

// log is where a node logs to.
func (p *namespaces) log(s spec) (io.Writer, error) {
	if s.Logs == "" {
		return p.logs.of(s.Name), nil
	}
	file, err := os.OpenFile(filepath.Join(s.Logs, s.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", s.Name, err)
	}
	p.t.Cleanup(func() { file.Close() })
	return file, nil
}

// host returns the host of a node, or of the clients.
func (p *namespaces) host(name string) (*netns.Host, error) {
	if name == ClientHost {
		return p.client, nil
	}
	if h := p.hosts[name]; h != nil {
		return h, nil
	}
	return nil, fmt.Errorf("there is no host %s", name)
}

// processNode is a node in a process of its own.
type processNode struct{ *process.Process }

func (n *processNode) rpc() string                    { return n.RPC }
func (n *processNode) resp() string                   { return n.RESP }
func (n *processNode) gossip() string                 { return n.Gossip }
func (n *processNode) kill()                          { n.Kill() }
func (n *processNode) stop(ctx context.Context) error { return n.Stop(ctx) }

// testLog shows what processes say as part of the test's log.
type testLog struct {
	t  testing.TB
	mu sync.Mutex // one line at a time
}

// of returns a writer of one node's lines.
func (l *testLog) of(name string) *nodeLog { return &nodeLog{to: l, name: name} }

// nodeLog cuts what a process writes into lines.
type nodeLog struct {
	to   *testLog
	name string
	rest []byte
}

// Write logs the lines that are complete.
func (n *nodeLog) Write(b []byte) (int, error) {
	n.to.mu.Lock()
	defer n.to.mu.Unlock()
	n.rest = append(n.rest, b...)
	for {
		line, rest, complete := bytes.Cut(n.rest, []byte("\n"))
		if !complete {
			return len(b), nil
		}
		n.to.t.Logf("%s: %s", n.name, line)
		n.rest = rest
	}
}
