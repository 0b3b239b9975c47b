package rpcserver

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// starved is a reader that did not get the processor until the deadline was over,
// the given number of times.
type starved struct {
	net.Conn
	times int
}

func (s *starved) Read(p []byte) (int, error) {
	if s.times > 0 {
		s.times--
		return 0, os.ErrDeadlineExceeded
	}
	if err := s.SetReadDeadline(time.Time{}); err != nil {
		return 0, err
	}
	return s.Conn.Read(p)
}

// While the server stops, what has arrived is read though the deadline is over,
// between frames and inside one; what has not is not waited for.
func TestAStarvedReaderReadsWhatHasArrived(t *testing.T) {
	for name, arrived := range map[string]int64{"between frames": 0, "inside one": 1} {
		t.Run(name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			peer, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer peer.Close()
			nc, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			in := &starved{Conn: nc, times: 1}
			s := source{nc: nc, in: in, linger: time.Nanosecond, busy: func() bool { return false }}
			s.arrived, s.ending, s.last = arrived, true, time.Now().Add(time.Hour)
			s.stopping.Store(true)
			if _, err := s.Read(make([]byte, 8)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("nothing has arrived, and reading ends with %v", err)
			}

			if _, err := peer.Write([]byte("late")); err != nil {
				t.Fatal(err)
			}
			if _, err := (&starved{Conn: nc}).Read(make([]byte, 1)); err != nil { // then the rest has arrived, too
				t.Fatal(err)
			}
			in.times = 3
			if n, err := s.Read(make([]byte, 8)); n != 3 || err != nil {
				t.Errorf("read %d bytes, %v", n, err)
			}

			if _, err := peer.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			s.last = time.Now().Add(-time.Hour)
			in.times = 1
			if _, err := s.Read(make([]byte, 8)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("a peer that goes on and on is heard: %v", err)
			}
		})
	}
}
