package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"pikv/resp/resptest"
)

// What anybody can send to the door for Redis clients.
var redisAttacks = []attack{
	{"lengths that cannot be", 5 * time.Second, impossibleLengths},
	{"as many empty arguments as there may be, and more", 30 * time.Second, emptyArguments},
	{"lines that never end", 10 * time.Second, endlessLines},
	{"lists and maps nested without end", 20 * time.Second, nestedReplies},
	{"binary garbage", 20 * time.Second, garbage(60)},
	{"half a command, then silence", 20 * time.Second, halfCommands},
	{"readers that take nothing of 64 MiB", 20 * time.Second, slowRedisReaders},
	{"readers that take nothing of small values", 20 * time.Second, slowRedisReadersOfLittle},
	{"very many keys that are not there", 20 * time.Second, missingKeys},
	{"what one command can ask of a loop", 30 * time.Second, heavyWords},
	{"readers that take nothing of descriptions of commands", 20 * time.Second, slowReadersOfDescriptions},
	{"ten thousand connections, of which a thousand are served", 10 * time.Second, tooManyConnections},
}

// door is the victim as Redis clients see it: connections go there.
func (v victim) door() victim {
	v.addr = v.redis
	return v
}

// Those that a master, which serves data for others, meets as well: what is no command,
// or never a whole one, must not get farther than its door, and what passes it is counted.
var proxyAttacks = []attack{
	{"lengths that cannot be", 5 * time.Second, impossibleLengths},
	{"as many empty arguments as there may be, and more", 30 * time.Second, emptyArguments},
	{"lines that never end", 10 * time.Second, endlessLines},
	{"binary garbage", 20 * time.Second, garbage(3)}, // among it are commands, and each is passed on
	{"lists and maps nested without end", 20 * time.Second, nestedReplies},
	{"half a command, then silence", 20 * time.Second, halfCommands},
	{"readers that take nothing of 64 MiB", 20 * time.Second, slowRedisReaders},
	{"readers that take nothing of small values", 30 * time.Second, slowRedisReadersOfLittle},
	{"very many keys that are not there", 60 * time.Second, missingKeys}, // a worker is asked for each
	{"lists of keys while there is no room for them", 10 * time.Second, listedWithoutRoom},
	{"what one command can ask of a loop", 30 * time.Second, heavyWords},
	{"readers that take nothing of descriptions of commands", 20 * time.Second, slowReadersOfDescriptions},
	{"ten thousand connections, of which a thousand are served", 10 * time.Second, tooManyConnections},
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
	underRedisAttack(t, worker, attack{"readers that take nothing of a 64 MiB value", 20 * time.Second, slowReadersOfOneValue})
}

func TestAMastersRedisDoorWithTheLargestReplies(t *testing.T) {
	t.Parallel()
	master, _ := newVictimsOf(t, size{memory: 160 << 20, value: 64 << 20, conns: 1024})
	underRedisAttack(t, master, attack{"readers that take nothing of a 64 MiB value", 30 * time.Second, slowReadersOfOneValue})
}

func TestARedisDoorWithManyConnections(t *testing.T) {
	_, worker := newVictimsOf(t, size{hostileMemory, hostileValue, manyConns + 10})
	underRedisAttack(t, worker, attack{"ten thousand connections that are all served", 20 * time.Second, manyConnections})
}

func TestAMastersRedisDoorWithManyConnections(t *testing.T) {
	master, _ := newVictimsOf(t, size{hostileMemory, hostileValue, manyConns + 10})
	underRedisAttack(t, master, attack{"ten thousand connections that are all served", 20 * time.Second, manyConnections})
}

func underRedisAttack(t *testing.T, v victim, attacks ...attack) {
	underAttack(t, v, v.door(), nil, attacks...)
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
