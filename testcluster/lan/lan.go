// Package lan makes hosts with addresses of their own on one machine: network
// namespaces, cabled to a bridge that lies in a namespace itself, so that nothing of
// it is seen outside. Links can be slowed to a Pi's, and what the bridge passes on
// can be filtered. Linux and root only. Tests use it through testcluster/netns.
//
// A packet from one host's process leaves by the host's eth0, which is one end
// of a cable (veth) whose other end is a port of the bridge; there the filter looks
// at it; the bridge hands it to the port of the other host.
package lan

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
)

// folder is where iproute2 keeps the names of namespaces.
const folder = "/run/netns"

// LAN is a bridge and the hosts on it. Safe for concurrent use.
type LAN struct {
	prefix string // of the names of its namespaces
	bridge string // the namespace with the bridge

	mu struct {
		sync.Mutex
		hosts  []*Host
		closed bool
	}
}

// lans counts those of this process, for their names.
var lans atomic.Int64

// New makes a network without hosts. Close takes it away with everything that runs
// in it; if this process is killed before, the next New on this machine does.
func New() (*LAN, error) {
	if err := removeStale(); err != nil {
		return nil, err
	}
	owner, err := ownerOf(os.Getpid())
	if err != nil {
		return nil, fmt.Errorf("name the network: %w", err)
	}
	l := &LAN{prefix: fmt.Sprintf("%s%d.", owner, lans.Add(1))}
	l.bridge = l.prefix + "switch"
	err = systemAll(
		[]string{"ip", "netns", "add", l.bridge},
		[]string{"ip", "-n", l.bridge, "link", "add", "br0", "type", "bridge"},
		[]string{"ip", "-n", l.bridge, "link", "set", "br0", "up"},
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make a network: %w", err), l.Close())
	}
	return l, nil
}

// hostName is what can be part of a namespace's name.
var hostName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// ErrHostName says that a host cannot be called so, or that another one is.
var ErrHostName = errors.New("a host of the network cannot be called so, or there is one")

// Host adds a host, cabled to the bridge, with the next free address.
func (l *LAN) Host(name string) (*Host, error) {
	h, err := l.newHost(name)
	if err != nil {
		return nil, err
	}
	err = systemAll(
		[]string{"ip", "netns", "add", h.namespace},
		[]string{"ip", "link", "add", "eth0", "netns", h.namespace, "type", "veth", "peer", "name", h.Port, "netns", l.bridge},
		[]string{"ip", "-n", l.bridge, "link", "set", h.Port, "master", "br0", "up"},
		[]string{"ip", "-n", h.namespace, "link", "set", "lo", "up"},
		[]string{"ip", "-n", h.namespace, "addr", "add", h.Addr + "/16", "dev", "eth0"},
		[]string{"ip", "-n", h.namespace, "link", "set", "eth0", "up"},
		// Hosts of a home have one, and multicast needs it.
		[]string{"ip", "-n", h.namespace, "route", "add", "default", "dev", "eth0"},
	)
	if err != nil {
		return nil, fmt.Errorf("make host %s: %w", name, err)
	}
	return h, nil
}

// newHost gives a host its address.
func (l *LAN) newHost(name string) (*Host, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, other := range l.mu.hosts {
		if other.Name == name {
			return nil, fmt.Errorf("make host %q: %w", name, ErrHostName)
		}
	}
	if !hostName.MatchString(name) || name == "switch" {
		return nil, fmt.Errorf("make host %q: %w", name, ErrHostName)
	}
	number := len(l.mu.hosts) + 1
	h := &Host{
		Name:      name,
		Addr:      fmt.Sprintf("10.77.%d.%d", number/250, number%250+1),
		Port:      fmt.Sprintf("p%d", number),
		lan:       l,
		namespace: l.prefix + name,
	}
	l.mu.hosts = append(l.mu.hosts, h)
	return h, nil
}

// Hosts returns all hosts. The slice is the caller's.
func (l *LAN) Hosts() []*Host {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]*Host(nil), l.mu.hosts...)
}

// Filter gives nft commands about what the bridge passes on.
func (l *LAN) Filter(commands string) error {
	return system(commands, "nsenter", "--net="+filepath.Join(folder, l.bridge), "nft", "-f", "-")
}

// Namespaces returns the names of what is left of the network.
func (l *LAN) Namespaces() ([]string, error) {
	names, err := filepath.Glob(filepath.Join(folder, l.prefix+"*"))
	if err != nil {
		return nil, fmt.Errorf("list the network's namespaces: %w", err)
	}
	for i, name := range names {
		names[i] = filepath.Base(name)
	}
	return names, nil
}

// Close kills what runs on the hosts and removes all. Another call does no harm.
func (l *LAN) Close() error {
	l.mu.Lock()
	closed := l.mu.closed
	l.mu.closed = true
	l.mu.Unlock()
	if closed {
		return nil
	}
	names, err := l.Namespaces()
	errs := []error{err}
	for _, name := range names {
		errs = append(errs, remove(name))
	}
	return errors.Join(errs...)
}

// systemAll runs commands of the system, until one fails.
func systemAll(commands ...[]string) error {
	for _, c := range commands {
		if err := system("", c...); err != nil {
			return err
		}
	}
	return nil
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
