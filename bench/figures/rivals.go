package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"pikv/bench/peers"
	"pikv/client"
)

// rival is one of the systems that are put beside each other: a server process
// and what connects to it.
type rival struct {
	name    string     // as the tables show it
	pid     int        // of the server
	version string     // "" for those of this repository
	conn    peers.Conn // for any number of callers
	bare    peers.Conn // for one caller, who waits on the socket himself; nil if it has none
	into    peers.Conn // for one caller, who reads over what he has read before; nil if it has none
	close   func()
}

// The names of the rivals.
const (
	namePikv      = "pikv"
	nameEcho      = "TCP echo"
	nameBareEcho  = "TCP echo, read by its caller"
	nameRedis     = "redis-server"
	nameMemcached = "memcached"
)

// rivals are those that run, and those that this machine does not have.
type rivals struct {
	all     []*rival
	missing []string
}

// close ends the servers and the connections.
func (r *rivals) close() {
	for _, one := range r.all {
		one.close()
	}
}

// named returns the rival with the name, nil when it is not there.
func (r *rivals) named(name string) *rival {
	for _, one := range r.all {
		if one.name == name {
			return one
		}
	}
	return nil
}

// start adds a rival, or notes that it is missing.
func (r *rivals) start(ctx context.Context, name string, start func(ctx context.Context) (*rival, error)) error {
	one, err := start(ctx)
	if errors.Is(err, peers.ErrNotInstalled) {
		r.missing = append(r.missing, name)
		return nil
	}
	if err != nil {
		return err
	}
	one.name = name
	r.all = append(r.all, one)
	return nil
}

// startPikv starts a cluster of one worker that holds the only copy.
func startPikv(ctx context.Context) (*rival, error) {
	c, err := startCluster(ctx, 1, 1)
	if err != nil {
		return nil, err
	}
	cl, err := client.New(ctx, []string{c.Master.RPC})
	if err != nil {
		end(c)
		return nil, err
	}
	return &rival{pid: c.Workers[0].PID(), conn: peers.Pikv(cl), into: peers.PikvInto(cl), close: func() {
		_ = cl.Close() // it only reads
		end(c)
	}}, nil
}

// startEchoServer starts this program once more, as an echo.
func startEchoServer(ctx context.Context) (*peers.Server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start the echo: %w", err)
	}
	return peers.StartEcho(ctx, self, "-echo")
}

// startEcho starts an echo, and connects to it for messages of a shape.
func startEcho(shape peers.Shape) func(ctx context.Context) (*rival, error) {
	return func(ctx context.Context) (*rival, error) {
		s, err := startEchoServer(ctx)
		if err != nil {
			return nil, err
		}
		r := &rival{pid: s.PID(), close: s.Close}
		if r.conn, err = peers.DialEchoShared(ctx, s.Addr, shape); err == nil {
			r.bare, err = peers.DialEcho(ctx, s.Addr, shape)
		}
		return r.connected(err, r.conn, r.bare)
	}
}

func startRedis(ctx context.Context) (*rival, error) {
	s, err := peers.StartRedis(ctx)
	if err != nil {
		return nil, err
	}
	r := &rival{pid: s.PID(), version: versionOf(ctx, "redis-server", "--version"), close: s.Close}
	r.conn, err = peers.DialRedis(ctx, s.Addr)
	return r.connected(err, r.conn)
}

// memcachedMegabytes is more than any figure stores.
const memcachedMegabytes = 2048

func startMemcached(ctx context.Context) (*rival, error) {
	s, err := peers.StartMemcached(ctx, memcachedMegabytes)
	if err != nil {
		return nil, err
	}
	r := &rival{pid: s.PID(), version: versionOf(ctx, "memcached", "--version"), close: s.Close}
	r.conn, err = peers.DialMemcached(ctx, s.Addr)
	return r.connected(err, r.conn)
}

// connected returns r, whose end is then also that of its connections, unless
// there was an error.
func (r *rival) connected(err error, conns ...peers.Conn) (*rival, error) {
	server := r.close
	r.close = func() {
		for _, c := range conns {
			if c != nil {
				c.Close() // the server goes, too
			}
		}
		server()
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// versionOf asks a server's program what it is.
func versionOf(ctx context.Context, name, flag string) string {
	out, err := exec.CommandContext(ctx, name, flag).Output()
	if err != nil {
		return "unknown version"
	}
	for word := range strings.FieldsSeq(string(out)) {
		word = strings.TrimPrefix(word, "v=")
		if word[0] >= '0' && word[0] <= '9' {
			return word
		}
	}
	return "unknown version"
}
