package proc

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ErrNotHere says that no process that this one may look at listens at an
// address: it is another machine's, or another user's.
var ErrNotHere = errors.New("no process here listens at the address")

// Listener returns the process that listens at addr.
func Listener(addr netip.AddrPort) (pid int, err error) {
	if local, err := isLocal(addr.Addr()); err != nil || !local {
		return 0, errors.Join(fmt.Errorf("%s: %w", addr, ErrNotHere), err)
	}
	inodes := make(map[string]bool)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		data, err := os.ReadFile(table)
		if errors.Is(err, os.ErrNotExist) {
			continue // a kernel without IPv6, or no Linux
		}
		if err != nil {
			return 0, fmt.Errorf("look for a listener: %w", err)
		}
		sockets, err := parseSockets(string(data))
		if err != nil {
			return 0, fmt.Errorf("look for a listener: %s: %w", table, err)
		}
		for _, s := range sockets {
			if s.listensAt(addr) {
				inodes[s.inode] = true
			}
		}
	}
	if len(inodes) == 0 {
		return 0, fmt.Errorf("%s: %w", addr, ErrNotHere)
	}
	files, err := filepath.Glob("/proc/[0-9]*/fd/*") // of the processes that we may look at
	if err != nil {
		return 0, fmt.Errorf("look for a listener: %w", err)
	}
	for _, file := range files {
		target, err := os.Readlink(file)
		if err != nil {
			continue // it was closed meanwhile
		}
		inode, ok := strings.CutPrefix(target, "socket:[")
		if ok && inodes[strings.TrimSuffix(inode, "]")] {
			return strconv.Atoi(strings.Split(file, "/")[2])
		}
	}
	return 0, fmt.Errorf("%s: %w", addr, ErrNotHere)
}

// isLocal reports whether an address is one of this machine's.
func isLocal(addr netip.Addr) (bool, error) {
	addr = addr.Unmap()
	if addr.IsLoopback() {
		return true, nil
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return false, fmt.Errorf("list this machine's addresses: %w", err)
	}
	for _, a := range own {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Unmap() == addr {
			return true, nil
		}
	}
	return false, nil
}

// Name returns what the kernel calls a process: the name of its program, cut to
// 15 bytes.
func Name(pid int) (string, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "", fmt.Errorf("read a process's name: %w", err)
	}
	return strings.TrimSuffix(string(data), "\n"), nil
}

// socket is one that listens.
type socket struct {
	at    netip.AddrPort
	inode string
}

// listensAt reports whether connections to addr, which is this machine's, come
// to s.
func (s socket) listensAt(addr netip.AddrPort) bool {
	return s.at.Port() == addr.Port() && (s.at.Addr().IsUnspecified() || s.at.Addr() == addr.Addr().Unmap())
}

// parseSockets reads the listening sockets of /proc/net/tcp or tcp6.
func parseSockets(table string) ([]socket, error) {
	const local, state, inode, fields = 1, 3, 9, 10
	var all []socket
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "sl" { // the head
			continue
		}
		if len(f) < fields {
			return nil, fmt.Errorf("a line of %d fields", len(f))
		}
		if f[state] != "0A" {
			continue // a connection
		}
		at, err := parseAddress(f[local])
		if err != nil {
			return nil, err
		}
		all = append(all, socket{at, f[inode]})
	}
	return all, nil
}

// parseAddress reads an address as /proc has it: words of four bytes in the
// machine's order, in hexadecimal digits, and the port behind a colon.
func parseAddress(text string) (netip.AddrPort, error) {
	wrong := fmt.Errorf("%q is not an address with a port", text)
	host, port, ok := strings.Cut(text, ":")
	raw, err := hex.DecodeString(host)
	if !ok || err != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, wrong
	}
	for word := 0; word < len(raw); word += 4 {
		binary.BigEndian.PutUint32(raw[word:], binary.NativeEndian.Uint32(raw[word:]))
	}
	addr, ok := netip.AddrFromSlice(raw)
	n, err := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil {
		return netip.AddrPort{}, wrong
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)), nil
}
