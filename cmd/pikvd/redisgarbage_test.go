package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
)

// Attacks by what is no command, or a very long one.

// impossibleLengths announces more than there can be, and less than nothing.
func impossibleLengths(t *testing.T, door victim, meanwhile func()) {
	lies := []struct{ text, want string }{
		{"*9000000000000000000\r\n", "invalid multibulk length"},
		{"*99999999999999999999\r\n", "invalid multibulk length"},
		{"*2147483648\r\n", "invalid multibulk length"},
		{"*1000000\r\n", "invalid multibulk length"},
		{"*1\r\n$-2\r\n", "invalid bulk length"},
		{"*1\r\n$2147483648\r\n", "invalid bulk length"},
		{"*2\r\n$3\r\nGET\r\n$9223372036854775807\r\n", "invalid bulk length"},
		{"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$67108865\r\n", "invalid bulk length"},
	}
	door.together(t, 600, func(i int, c *net.TCPConn) {
		lie := lies[i%len(lies)]
		_, _ = io.WriteString(c, lie.text+strings.Repeat("x", 4000)) // it may be refused meanwhile
		said, err := replyOf(c)
		if want := "-ERR Protocol error: " + lie.want; err != nil || said != want {
			t.Errorf("to %q: %q, %v", lie.text, said, err)
		}
		if _, err := ended(c); err != nil {
			t.Errorf("after %q: %v", lie.text, err)
		}
	})
	meanwhile()
}

// mostArguments is how many a command may have.
const mostArguments = 1 << 17

// emptyArguments sends commands of as many as there may be, at once and one after the
// other, one more than that, and a million.
func emptyArguments(t *testing.T, door victim, meanwhile func()) {
	const empty = "$0\r\n\r\n"
	full := fmt.Sprintf("*%d\r\n", mostArguments) + strings.Repeat(empty, mostArguments)
	keys := fmt.Sprintf("*%d\r\n$6\r\nEXISTS\r\n", mostArguments) + strings.Repeat(empty, mostArguments-1)
	door.together(t, 50, func(i int, c *net.TCPConn) {
		command := full
		if i%2 == 0 {
			command = keys
		}
		for range 5 {
			if _, err := io.WriteString(c, command); err != nil {
				t.Errorf("%d arguments: %v", mostArguments, err)
				return
			}
			said, err := replyOf(c)
			if err != nil || !strings.HasPrefix(said, "-TRYAGAIN ") && !strings.HasPrefix(said, "-ERR ") && !strings.HasPrefix(said, ":") {
				t.Errorf("%d arguments: %q, %v", mostArguments, said, err)
				return
			}
		}
	})
	door.together(t, 50, func(i int, c *net.TCPConn) { // all but the last one
		if _, err := io.WriteString(c, full[:len(full)-len(empty)]); err != nil {
			t.Errorf("%d arguments: %v", mostArguments-1, err)
		}
	})
	meanwhile()
	door.together(t, 50, func(i int, c *net.TCPConn) {
		n := []int{mostArguments + 1, 1_000_000}[i%2]
		_, _ = io.WriteString(c, fmt.Sprintf("*%d\r\n", n)+strings.Repeat(empty, n)) // it is refused meanwhile
		if last, err := ended(c); err != nil || last != "" && last != "-ERR Protocol error: invalid multibulk length\r\n" {
			t.Errorf("%d arguments: %q, %v", n, last, err)
		}
	})
}

// endlessLines sends one line each, as long as the door takes more: once it has said what
// is wrong it throws away for a moment what still comes, which may be very much.
func endlessLines(t *testing.T, door victim, meanwhile func()) {
	part := bytes.Repeat([]byte("1"), 64<<10)
	door.together(t, 100, func(i int, c *net.TCPConn) {
		begin := []string{"SET k ", "*", "*1\r\n$", "\"", ""}[i%5]
		_, err := io.WriteString(c, begin)
		for err == nil {
			_, err = c.Write(part)
		}
		if !hung(err) {
			t.Errorf("after %q ones are taken for a minute: %v", begin, err)
		}
	})
	meanwhile()
}

// nestedReplies sends what only servers send, one in the other.
func nestedReplies(t *testing.T, door victim, meanwhile func()) {
	const levels = 50_000
	door.together(t, 50, func(i int, c *net.TCPConn) {
		level := []string{"*1\r\n", "%1\r\n+k\r\n", "~1\r\n", ">1\r\n", "|1\r\n+k\r\n"}[i%5]
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			_, _ = io.WriteString(c, strings.Repeat(level, levels)) // it may be refused meanwhile
			_ = c.CloseWrite()
		}()
		if last, err := ended(c); err != nil || last != "" && !strings.Contains(last, "-ERR ") {
			t.Errorf("%d times %q: %q, %v", levels, level, last, err)
		}
		<-sent
	})
	meanwhile()
}

// garbage sends bytes by chance: any, those that the protocol is made of, and commands
// with some of their bytes changed; so many pieces of it each.
func garbage(pieces int) func(t *testing.T, door victim, meanwhile func()) {
	return func(t *testing.T, door victim, meanwhile func()) { sendGarbage(t, door, pieces, meanwhile) }
}

func sendGarbage(t *testing.T, door victim, pieces int, meanwhile func()) {
	const pieceSize, seed = 16 << 10, 5
	door.together(t, 40, func(i int, _ *net.TCPConn) { // each piece has its own
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		for n := range pieces {
			piece := garbagePiece(random, n, pieceSize)
			c, err := net.Dial("tcp", door.addr)
			if err != nil {
				t.Errorf("piece %d of %d: %v", n, i, err)
				return
			}
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				_, _ = c.Write(piece) // it may be refused meanwhile
				_ = c.(*net.TCPConn).CloseWrite()
			}()
			if last, err := ended(c.(*net.TCPConn)); err != nil {
				t.Errorf("piece %d of %d is kept: %q, %v", n, i, last, err)
			}
			c.Close()
			<-sent
		}
	})
	meanwhile()
}

func garbagePiece(random *rand.Rand, kind, n int) []byte {
	var piece []byte
	switch kind % 3 {
	case 0:
		for len(piece) < n {
			piece = append(piece, byte(random.Uint32()))
		}
	case 1:
		const alphabet = "*$\r\n\n0123456789-+:%~"
		for len(piece) < n {
			piece = append(piece, alphabet[random.IntN(len(alphabet))])
		}
	default:
		commands := resptest.Command("SET", "garbage", "v") + resptest.Command("GET", "garbage") + resptest.Command("MGET", "a", "b") + "PING\r\n"
		piece = bytes.Repeat([]byte(commands), n/len(commands))
		for range random.IntN(8) {
			piece[random.IntN(len(piece))] = byte(random.Uint32())
		}
	}
	return piece
}

// missingKeys reads as many keys as one command may, of which none is there: what they
// take is nothing that is sent.
func missingKeys(t *testing.T, door victim, meanwhile func()) {
	const keys, times = 32 << 10, 2
	names := []string{"MGET"}
	for i := range keys {
		names = append(names, fmt.Sprint("{none}", i))
	}
	command := resptest.Command(names...)
	right := "*[" + strings.TrimSuffix(strings.Repeat("nil ", keys), " ") + "]"
	var served atomic.Int64
	attacked := make(chan struct{})
	go func() {
		defer close(attacked)
		door.together(t, 200, func(i int, c *net.TCPConn) {
			for range times {
				if _, err := io.WriteString(c, command); err != nil {
					t.Errorf("%d keys: %v", keys, err)
					return
				}
				switch said, err := replyOf(c); {
				case said == right:
					served.Add(1)
				case err != nil || !strings.HasPrefix(said, "-TRYAGAIN "):
					t.Errorf("%d keys: %.100q, %v", keys, said, err)
					return
				}
			}
		})
	}()
	meanwhile()
	<-attacked
	require.Positive(t, served.Load())
	t.Logf("%d of %d are served", served.Load(), 200*times)
}
