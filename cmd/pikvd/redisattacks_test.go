package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/bench/proc"
	"pikv/resp/resptest"
)

// What anybody can send to the door for Redis clients. While all of an attack stands,
// it calls meanwhile, which waits until others have been served. Each has the
// processor time that it may cost the node.
var redisAttacks = []redisAttack{
	{"lengths that cannot be", 5 * time.Second, impossibleLengths},
	{"as many empty arguments as there may be, and more", 30 * time.Second, emptyArguments},
	{"lines that never end", 10 * time.Second, endlessLines},
	{"lists and maps nested without end", 20 * time.Second, nestedReplies},
	{"binary garbage", 20 * time.Second, garbage(60)},
	{"half a command, then silence", 20 * time.Second, halfCommands},
	{"readers that take nothing of 64 MiB", 20 * time.Second, slowRedisReaders},
	{"ten thousand connections, of which a thousand are served", 10 * time.Second, tooManyConnections},
}

type redisAttack struct {
	name string
	cpu  time.Duration
	run  func(t *testing.T, door victim, meanwhile func())
}

// door is the victim as Redis clients see it: connections go there.
func (v victim) door() victim {
	v.addr = v.redis
	return v
}

// Those that a master, which serves data for others, meets as well: what is no command,
// or never a whole one, must not get farther than its door.
var proxyAttacks = []redisAttack{
	{"lengths that cannot be", 5 * time.Second, impossibleLengths},
	{"lines that never end", 10 * time.Second, endlessLines},
	{"binary garbage", 20 * time.Second, garbage(3)}, // among it are commands, and each is passed on
	{"half a command, then silence", 20 * time.Second, halfCommands},
}

func TestARedisDoorUnderAttack(t *testing.T) {
	_, worker := newVictims(t)
	underRedisAttack(t, worker, redisAttacks...)
}

func TestAMastersRedisDoorUnderAttack(t *testing.T) {
	t.Parallel()
	master, _ := newVictims(t)
	underRedisAttack(t, master, proxyAttacks...)
}

// The largest value that there can be is sent to many at once.
func TestARedisDoorWithTheLargestReplies(t *testing.T) {
	t.Parallel()
	_, worker := newVictimsOf(t, size{memory: 160 << 20, value: 64 << 20, conns: 1024})
	underRedisAttack(t, worker, redisAttack{"readers that take nothing of a 64 MiB value", 20 * time.Second, slowReadersOfOneValue})
}

func TestARedisDoorWithManyConnections(t *testing.T) {
	_, worker := newVictimsOf(t, size{hostileMemory, hostileValue, manyConns + 10})
	underRedisAttack(t, worker, redisAttack{"ten thousand connections that are all served", 20 * time.Second, manyConnections})
}

func underRedisAttack(t *testing.T, v victim, attacks ...redisAttack) {
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			v.alone(t)
			b := v.bystanders(t)
			b.goOn(t) // their connections stand before the attack's
			before := v.cpu(t)
			a.run(t, v.door(), func() { t.Helper(); b.goOn(t) })
			b.goOn(t)
			b.unhurt(t)
			used := v.cpu(t) - before
			t.Logf("%v of processor time", used)
			require.LessOrEqual(t, used, a.cpu)
			v.unharmed(t)
		})
	}
}

// alone waits until the connections of what was before are closed.
func (v victim) alone(t *testing.T) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(replyTime); ; <-tick.C {
		c := v.door().connect(t)
		_, err := io.WriteString(c, "INFO clients\r\n")
		said, replyErr := replyOf(c)
		_ = c.Close()
		if errors.Join(err, replyErr) == nil && strings.Contains(said, "connected_clients:1\r\n") {
			return
		}
		require.True(t, time.Now().Before(deadline), "connections are left: %.300q", said)
	}
}

// cpu is the processor time that a victim has used.
func (v victim) cpu(t *testing.T) time.Duration {
	t.Helper()
	used, err := proc.CPU(v.Process.Pid)
	require.NoError(t, err)
	return used
}

// replyOf reads one reply of a door.
func replyOf(c *net.TCPConn) (string, error) {
	if err := c.SetDeadline(time.Now().Add(replyTime)); err != nil {
		return "", err
	}
	return resptest.ReadReply(bufio.NewReader(c))
}

// ended reports whether the other side has ended a connection: whatever is still to
// come is read. It returns the end of that.
func ended(c *net.TCPConn) (last string, err error) {
	if err := c.SetDeadline(time.Now().Add(replyTime)); err != nil {
		return "", err
	}
	said := make([]byte, 0, 1<<10)
	for buf := make([]byte, 64<<10); ; {
		n, err := c.Read(buf)
		said = append(said, buf[:n]...)
		said = said[max(0, len(said)-512):]
		switch {
		case err == nil:
		case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
			return string(said), nil
		default:
			return string(said), err
		}
	}
}
