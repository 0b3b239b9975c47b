package lan

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
)

// Host is a computer of a network: an address, and whatever runs there. Safe for
// concurrent use.
type Host struct {
	Name string
	Addr string // its IPv4 address
	Port string // the bridge's end of its cable, by which the filter knows it

	lan       *LAN
	namespace string
}

// Command returns a command that will run on the host. It dies with this
// process, however that ends.
func (h *Host) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	inside := h.Inside(append([]string{name}, args...)...)
	cmd := exec.CommandContext(ctx, inside[0], inside[1:]...)
	dieWithParent(cmd)
	return cmd
}

// Inside returns a command line that runs the given one on the host. It becomes
// that command: signals to its process reach it.
func (h *Host) Inside(command ...string) []string {
	return append([]string{"nsenter", "--net=" + h.file(), "--"}, command...)
}

// Dial connects from the host. The address must be an IP address and a port:
// a name would be looked up by goroutines that are not on the host.
func (h *Host) Dial(ctx context.Context, addr string) (net.Conn, error) {
	if _, err := netip.ParseAddrPort(addr); err != nil {
		return nil, fmt.Errorf("dial from %s: %w", h.Name, err)
	}
	var conn net.Conn
	err := h.Enter(func() (err error) {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", addr)
		return err
	})
	return conn, err
}

// Listen listens on the host, at its address, on any free port.
func (h *Host) Listen() (net.Listener, error) {
	var ln net.Listener
	err := h.Enter(func() (err error) {
		ln, err = net.Listen("tcp", net.JoinHostPort(h.Addr, "0"))
		return err
	})
	return ln, err
}

// Limit slows the host's cable, both ways. Rate, burst and latency are as tc writes
// them: what goes by a second, how many bytes may go by faster, and for how long what
// comes faster may wait before it is dropped.
func (h *Host) Limit(rate, burst, latency string) error {
	for namespace, device := range map[string]string{h.namespace: "eth0", h.lan.bridge: h.Port} {
		if err := system("", "tc", "-n", namespace, "qdisc", "replace", "dev", device, "root",
			"tbf", "rate", rate, "burst", burst, "latency", latency); err != nil {
			return fmt.Errorf("limit the cable of %s: %w", h.Name, err)
		}
	}
	return nil
}

// Processes lists what runs on the host, but for this process.
func (h *Host) Processes() ([]int, error) { return processesIn(h.namespace) }

// Namespace is the file of the host's network namespace, for programs that enter it
// by themselves.
func (h *Host) Namespace() string { return h.file() }

// file is the path by which the host's namespace is entered.
func (h *Host) file() string { return filepath.Join(folder, h.namespace) }
