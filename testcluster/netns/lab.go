// Package netns gives tests hosts with addresses of their own on one machine:
// network namespaces, cabled to a bridge that lies in a namespace itself, so
// that nothing of it is seen outside. Links can be cut one way, healed, and
// slowed to a Pi's. Root only; see testcluster/need.
//
// A packet from one host's process leaves by the host's eth0, which is one end
// of a cable (veth) whose other end is a port of the bridge; there the cuts are
// made; the bridge hands it to the port of the other host.
package netns

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pikv/testcluster/need"
)

// folder is where iproute2 keeps the names of namespaces.
const folder = "/run/netns"

// Lab is a bridge and the hosts on it. Its methods end the test when the system
// refuses something. Safe for concurrent use.
type Lab struct {
	t      testing.TB
	prefix string // of the names of its namespaces
	bridge string // the namespace with the bridge

	mu struct {
		sync.Mutex
		hosts  map[string]*Host
		cuts   map[[2]string]bool // addresses: from, to
		closed bool
	}
}

// labs counts the labs of this process, for their names.
var labs atomic.Int64

// New makes a lab without hosts. It vanishes with everything in it when the
// test ends, and with the next lab on this machine if the test was killed.
func New(t testing.TB) *Lab {
	t.Helper()
	need.Root(t)
	removeStale(t)
	owner, err := ownerOf(os.Getpid())
	if err != nil {
		t.Fatalf("name the lab: %v", err)
	}
	l := &Lab{t: t, prefix: fmt.Sprintf("%s%d.", owner, labs.Add(1))}
	l.mu.hosts = make(map[string]*Host)
	l.mu.cuts = make(map[[2]string]bool)
	l.bridge = l.prefix + "switch"
	t.Cleanup(l.Close)

	l.run("ip", "netns", "add", l.bridge)
	l.run("ip", "-n", l.bridge, "link", "add", "br0", "type", "bridge")
	l.run("ip", "-n", l.bridge, "link", "set", "br0", "up")
	l.runIn(l.bridge, "nft", cutTable)
	return l
}

// hostName is what can be part of a namespace's name.
var hostName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// Host adds a host, cabled to the bridge, with the next free address.
func (l *Lab) Host(name string) *Host {
	l.t.Helper()
	if !hostName.MatchString(name) || name == "switch" {
		l.t.Fatalf("a host of the lab cannot be called %q", name)
	}
	l.mu.Lock()
	number := len(l.mu.hosts) + 1
	h := &Host{
		Name:      name,
		Addr:      fmt.Sprintf("10.77.%d.%d", number/250, number%250+1),
		lab:       l,
		namespace: l.prefix + name,
		port:      fmt.Sprintf("p%d", number),
	}
	_, taken := l.mu.hosts[name]
	l.mu.hosts[name] = h
	l.mu.Unlock()
	if taken {
		l.t.Fatalf("the lab has two hosts called %s", name)
	}

	l.run("ip", "netns", "add", h.namespace)
	l.run("ip", "link", "add", "eth0", "netns", h.namespace, "type", "veth", "peer", "name", h.port, "netns", l.bridge)
	l.run("ip", "-n", l.bridge, "link", "set", h.port, "master", "br0", "up")
	l.run("ip", "-n", h.namespace, "link", "set", "lo", "up")
	l.run("ip", "-n", h.namespace, "addr", "add", h.Addr+"/16", "dev", "eth0")
	l.run("ip", "-n", h.namespace, "link", "set", "eth0", "up")
	// Hosts of a home have one, and multicast needs it.
	l.run("ip", "-n", h.namespace, "route", "add", "default", "dev", "eth0")
	return h
}

// Close kills what runs in the lab and removes it. It is called when the test
// ends; to call it earlier, or twice, does no harm.
func (l *Lab) Close() {
	l.mu.Lock()
	closed := l.mu.closed
	l.mu.closed = true
	l.mu.Unlock()
	if closed {
		return
	}
	names, err := filepath.Glob(filepath.Join(folder, l.prefix+"*"))
	if err != nil {
		l.t.Errorf("list the lab's namespaces: %v", err)
	}
	for _, name := range names {
		if err := remove(filepath.Base(name)); err != nil {
			l.t.Error(err)
		}
	}
}

// run runs a command of the system, which must succeed.
func (l *Lab) run(command ...string) {
	l.t.Helper()
	if err := system("", command...); err != nil {
		l.t.Fatal(err)
	}
}

// runIn runs a command in a namespace, with input.
func (l *Lab) runIn(namespace, command, input string) {
	l.t.Helper()
	if err := system(input, "nsenter", "--net="+filepath.Join(folder, namespace), command, "-f", "-"); err != nil {
		l.t.Fatal(err)
	}
}

// system runs a command with input; its error says what the command said.
func system(input string, command ...string) error {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("`%s`: %w: %s", strings.Join(command, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
