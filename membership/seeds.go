package membership

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// resolver returns the addresses of a DNS name.
type resolver func(ctx context.Context, host string) ([]netip.Addr, error)

const (
	resolveTimeout = 2 * time.Second // all DNS names; Start waits for it
	maxSeedAddrs   = 256             // seeds, and addresses taken from all of them together
	maxSeedFile    = 64 << 10        // bytes read of a seed file
)

// seed is one entry of Config.Join: either a file, or a host and a port.
type seed struct {
	file string
	host string
	port uint16
}

// parseSeed reads "@path", "host", "host:port", "[ipv6]:port" or an IP address.
func parseSeed(s string) (seed, error) {
	if path, ok := strings.CutPrefix(s, "@"); ok {
		if path == "" {
			return seed{}, errors.New(`seed "@": want the name of a file after the @`)
		}
		return seed{file: path}, nil
	}
	if net.ParseIP(s) != nil {
		return seed{host: s, port: DefaultPort}, nil
	}
	host, port := s, uint16(DefaultPort)
	if strings.Contains(s, ":") {
		h, p, err := net.SplitHostPort(s)
		if err != nil {
			return seed{}, fmt.Errorf("seed %q: want host or host:port", s)
		}
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return seed{}, fmt.Errorf("seed %q: the port must be 1 to 65535", s)
		}
		host, port = h, uint16(n)
	}
	if err := checkHost(host); err != nil {
		return seed{}, fmt.Errorf("seed %q: %w", s, err)
	}
	return seed{host: host, port: port}, nil
}

// seedAddrs turns the configured seeds into addresses, each once, in their
// order. It reads files and asks DNS anew at every call: what was wrong a
// moment ago may be right now. What cannot be read or resolved is told in
// errs; the rest is still returned.
func seedAddrs(ctx context.Context, join []string, resolve resolver) (addrs []netip.AddrPort, errs []error) {
	var seeds []seed
	for _, s := range join {
		sd, err := parseSeed(s)
		switch {
		case err != nil:
			errs = append(errs, err)
		case sd.file != "":
			fromFile, ferrs := readSeedFile(sd.file)
			seeds, errs = append(seeds, fromFile...), append(errs, ferrs...)
		default:
			seeds = append(seeds, sd)
		}
	}
	if len(seeds) > maxSeedAddrs {
		seeds = seeds[:maxSeedAddrs]
	}
	ips, rerrs := resolveAll(ctx, seeds, resolve)
	errs = append(errs, rerrs...)
	seen := make(map[netip.AddrPort]bool)
	for i, sd := range seeds {
		for _, ip := range ips[i] {
			a := netip.AddrPortFrom(ip.Unmap(), sd.port)
			if !seen[a] && len(addrs) < maxSeedAddrs {
				seen[a] = true
				addrs = append(addrs, a)
			}
		}
	}
	return addrs, errs
}

// resolveAll resolves some seeds at a time, all within resolveTimeout: a name
// server that does not answer costs that long once, not per name.
func resolveAll(ctx context.Context, seeds []seed, resolve resolver) (ips [][]netip.Addr, errs []error) {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	ips = make([][]netip.Addr, len(seeds))
	failed := make([]error, len(seeds))
	slots := make(chan struct{}, parallel)
	var wg sync.WaitGroup
	for i, sd := range seeds {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			ips[i], failed[i] = sd.resolve(ctx, resolve)
		})
	}
	wg.Wait()
	for _, err := range failed {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return ips, errs
}

// resolve returns the addresses of the seed's host. A host with IPv4 addresses
// is reached by those: its IPv6 addresses may be link-local, which mean
// nothing without an interface.
func (sd seed) resolve(ctx context.Context, resolve resolver) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(sd.host); err == nil {
		return []netip.Addr{ip}, nil
	}
	ips, err := resolve(ctx, sd.host)
	if err != nil {
		return nil, fmt.Errorf("resolve seed %q: %w", sd.host, err)
	}
	var four []netip.Addr
	for _, ip := range ips {
		if ip.Unmap().Is4() {
			four = append(four, ip)
		}
	}
	if len(four) > 0 {
		return four, nil
	}
	return ips, nil
}

// readSeedFile returns the seeds of a file: one a line, blank lines and lines
// that begin with # are skipped. Bad lines are told and left out.
func readSeedFile(path string) (seeds []seed, errs []error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, []error{fmt.Errorf("read seed file: %w", err)}
	}
	defer f.Close()
	sc := bufio.NewScanner(io.LimitReader(f, maxSeedFile))
	for sc.Scan() {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		sd, err := parseSeed(line)
		if err == nil && sd.file != "" {
			err = fmt.Errorf("seed %q: a seed file cannot name another", line)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("read seed file %s: %w", path, err))
			continue
		}
		seeds = append(seeds, sd)
	}
	if err := sc.Err(); err != nil {
		errs = append(errs, fmt.Errorf("read seed file %s: %w", path, err))
	}
	return seeds, errs
}
