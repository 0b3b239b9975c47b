package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"pikv/wire"
)

// What anybody can send to the door for programs, MessagePack-RPC.
var rpcAttacks = []attack{
	{"frames that lie about their length", 5 * time.Second, lies},
	{"values that are nested without end", 10 * time.Second, nestedBombs},
	{"wrong types for every method", 10 * time.Second, wrongTypes},
	{"unknown methods with long names", 10 * time.Second, longNames},
	{"ids reused", 10 * time.Second, reusedIDs},
	{"half-closed connections", 10 * time.Second, halfClosed},
	{"millions of tiny values", 20 * time.Second, tinyValues},
	{"keys with every byte value", 10 * time.Second, everyByte},
	{"the largest value on many connections", 30 * time.Second, largestValues},
	{"many reads of the largest values in one call", 20 * time.Second, largestReads},
	{"readers that take nothing", time.Minute, slowReaders}, // a master asks for them, too,
	{"readers that take nothing of small values", 30 * time.Second, slowReadersOfLittle},
	{"replaced values that nobody takes", 20 * time.Second, slowSwaps},
}

// longerRounds are what a round of a bystander may take beyond longestRound. In the queue of
// a master, which asks for what slow readers want, too, they have been seen to wait for 14 s,
// on a machine with five times as much to do as it can.
var longerRounds = map[string]time.Duration{"readers that take nothing": 25 * time.Second}

func TestAWorkerUnderAttack(t *testing.T) {
	_, worker := newVictims(t)
	underAttack(t, worker, worker, nil, rpcAttacks...)
}

// The master passes on what it is asked to.
func TestAMasterUnderAttack(t *testing.T) {
	master, worker := newVictims(t)
	underAttack(t, master, master, []victim{worker}, rpcAttacks...)
}

// hung reports whether a connection was ended by the other side, and not by
// this one's deadline.
func hung(err error) bool { return err != nil && !errors.Is(err, os.ErrDeadlineExceeded) }

// lies announces four gigabytes and 64 MiB, as one value or as very many, and
// sends what fits a packet.
func lies(t *testing.T, v victim, _ func()) {
	lengths := [][]byte{
		{0xc6, 0xff, 0xff, 0xff, 0xff}, {0xdb, 0xff, 0xff, 0xff, 0xff}, {0xc9, 0xff, 0xff, 0xff, 0xff},
		{0xdd, 0xff, 0xff, 0xff, 0xff}, {0xdf, 0xff, 0xff, 0xff, 0xff}, {0xc6, 0, 0x7f, 0xff, 0xff},
	}
	v.together(t, 600, func(i int, c *net.TCPConn) {
		frame := wire.AppendRequest(nil, 1, "Put")
		if i%2 == 0 {
			frame = append(frame, 0x92, 0xa1, 'k')
		}
		frame = append(frame, lengths[i%len(lengths)]...)
		_, _ = c.Write(append(frame, make([]byte, 4000)...)) // it may be refused meanwhile
		_ = c.CloseWrite()
		_, err := io.Copy(io.Discard, c)
		if !hung(err) && err != nil {
			t.Errorf("liar %d is kept: %v", i, err)
		}
	})
}

// nestedBombs nests a million arrays, or maps.
func nestedBombs(t *testing.T, v victim, _ func()) {
	v.together(t, 100, func(i int, c *net.TCPConn) {
		level := []byte{0x91}
		if i%2 == 0 {
			level = []byte{0x81, 0xa1, 'k'}
		}
		method := []string{"Get", "Put", "View", "Keys", "Change", "Report", "Peer"}[i%7]
		_, _ = c.Write(append(wire.AppendRequest(nil, 7, method), bytes.Repeat(level, 1_000_000)...))
		m, err := newReplies(c).next()
		if err != nil {
			return // ended in the middle
		}
		if code := codeOf(m); m.ID != 7 || code != wire.CodeTooLarge {
			t.Errorf("%s of a million levels: reply %d, %s", method, m.ID, code)
		}
	})
}

// longNames calls methods of a megabyte.
func longNames(t *testing.T, v victim, _ func()) {
	name := strings.Repeat("x", 1<<20)
	v.together(t, 50, func(_ int, c *net.TCPConn) {
		answers := newReplies(c)
		for id := range uint32(10) {
			_, err := c.Write(call(id, name, "k"))
			m, replyErr := answers.next()
			if err = errors.Join(err, replyErr); err != nil {
				t.Error(err)
				return
			}
			if code := codeOf(m); m.ID != id || code != wire.CodeUnknownMethod && code != wire.CodeBusy || len(m.Err) > 200 {
				t.Errorf("reply %d: %s, %d bytes", m.ID, code, len(m.Err))
			}
		}
	})
}

// reusedIDs gives one id to thousands of calls: each has its answer, in some
// order.
func reusedIDs(t *testing.T, v victim, _ func()) {
	const calls = 5000
	v.together(t, 20, func(i int, c *net.TCPConn) {
		var all []byte
		for n := range calls {
			all = append(all, call(9, "Put", fmt.Sprintf("id-%d", i), fmt.Sprint(n))...)
		}
		sent := make(chan error, 1)
		go func() { _, err := c.Write(all); sent <- err }()
		answers := newReplies(c)
		for range calls {
			m, err := answers.next()
			if code := codeOf(m); err != nil || m.ID != 9 || code != "" && code != wire.CodeBusy {
				t.Errorf("reply %d: %s, %v", m.ID, code, err)
				return
			}
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
}

// halfClosed says all at once and no more to come: everything is answered, and
// then the connection ends.
func halfClosed(t *testing.T, v victim, _ func()) {
	const calls = 300
	v.together(t, 100, func(i int, c *net.TCPConn) {
		var all []byte
		for id := range uint32(calls) {
			all = append(all, call(id, "Put", fmt.Sprintf("half-%d-%d", i, id%5), "v")...)
		}
		_, err := c.Write(all)
		if err = errors.Join(err, c.CloseWrite()); err != nil {
			t.Error(err)
			return
		}
		answers := newReplies(c)
		for range calls {
			m, err := answers.next()
			if code := codeOf(m); err != nil || code != "" && code != wire.CodeBusy {
				t.Errorf("reply %d: %s, %v", m.ID, code, err)
				return
			}
		}
		if _, err := answers.next(); !errors.Is(err, io.EOF) {
			t.Errorf("after the last reply: %v", err)
		}
	})
}
