package eventloop_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"pikv/bench/proc"
	"pikv/eventloop"
)

// serverEnv makes a process that runs this test binary an echo server.
const serverEnv = "EVENTLOOP_BENCH_SERVER"

// echoServer serves until its standard input ends.
func echoServer(way string) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if way == "goroutine" {
		go acceptEach(ln)
	} else {
		s, err := eventloop.New(eventloop.Config{Accept: all(script{}), Portable: way == "portable"})
		if err != nil {
			return err
		}
		if err := s.Start(ln); err != nil {
			return err
		}
		defer s.Close(context.Background())
	}
	if _, err := fmt.Fprintln(os.Stdout, ln.Addr()); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// acceptEach is the plainest server there is: a goroutine for each connection.
func acceptEach(ln net.Listener) {
	for {
		nc, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer nc.Close()
			buf := make([]byte, 16<<10)
			for {
				n, err := nc.Read(buf)
				if err != nil {
					return
				}
				if _, err := nc.Write(buf[:n]); err != nil {
					return
				}
			}
		}()
	}
}

// BenchmarkEcho has 50 clients send 128 bytes and wait for them to come back.
// What counts is cpu-ns/op: the processor time of the server, which is a process of its
// own, per message.
func BenchmarkEcho(b *testing.B) {
	for _, way := range []string{"native", "portable", "goroutine"} {
		b.Run(way, func(b *testing.B) { benchmarkEcho(b, way) })
	}
}

func benchmarkEcho(b *testing.B, way string) {
	const clients, size = 50, 128
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), serverEnv+"="+way)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	addr, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	conns := make([]net.Conn, clients)
	for i := range conns {
		if conns[i], err = net.Dial("tcp", strings.TrimSpace(addr)); err != nil {
			b.Fatal(err)
		}
	}
	before, err := proc.CPU(cmd.Process.Pid)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	var wg sync.WaitGroup
	for i, nc := range conns {
		wg.Go(func() {
			buf := make([]byte, size)
			for range (b.N + i) / clients {
				if _, err := nc.Write(buf); err != nil {
					b.Error(err)
					return
				}
				if _, err := io.ReadFull(nc, buf); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	after, err := proc.CPU(cmd.Process.Pid)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(after-before)/float64(b.N), "cpu-ns/op")
	for _, nc := range conns {
		nc.Close()
	}
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		b.Error(err)
	}
}
