package resp

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
	"pikv/testcluster/need"
)

// dialRedis starts a redis-server that listens at a path of its own and connects to it.
func dialRedis(t *testing.T) *resptest.Client {
	t.Helper()
	need.PeerVersion(t, "redis-server", " v=7.0.")
	dir, err := os.MkdirTemp("", "redis") // the test's own may be too long for a socket
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	addr := filepath.Join(dir, "s")
	cmd := exec.Command("redis-server", "--port", "0", "--unixsocket", addr, "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	require.Eventually(t, func() bool {
		conn, err := net.Dial("unix", addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}, patience, 10*time.Millisecond)
	return resptest.DialUnix(t, addr)
}

// randomCommands draws commands about few keys, many of them senseless.
type randomCommands struct{ *rand.Rand }

func (r randomCommands) of(words ...string) string { return words[r.IntN(len(words))] }

func (r randomCommands) key() string { return r.of("{t}a", "{t}b", "{t}c", "{t}d") }

func (r randomCommands) value() string {
	switch r.IntN(12) {
	case 0:
		return ""
	case 1, 2, 3:
		return strconv.Itoa(r.IntN(2000) - 1000)
	case 4:
		return r.of("9223372036854775807", "-9223372036854775808", "9223372036854775808", "01", "-0", "+3", " 4", "1e3")
	case 5, 6:
		return strconv.FormatFloat(r.NormFloat64()*1000, 'f', r.IntN(20), 64)
	case 7:
		return r.of("1e20", "-1e-17", "3.0e3", "0x1p4", "inf", "nan", ".5", "7.", "1e4900", "1e5000", "12345678901234567890.123456789")
	case 8:
		return strings.Repeat(r.of("x", "\x00", "ab"), r.IntN(60))
	default:
		return fmt.Sprintf("v%d", r.IntN(100))
	}
}

func (r randomCommands) number() string {
	if r.IntN(8) == 0 {
		return r.value()
	}
	return strconv.Itoa(r.IntN(60) - 20)
}

// seconds are far from each other and from what has passed when a command is
// answered.
func (r randomCommands) seconds() string {
	if r.IntN(2) == 0 {
		return r.of("0", "-1", "abc", "9223372036854775807")
	}
	return strconv.Itoa(1_000_000 + r.IntN(1_000_000_000))
}

func (r randomCommands) options(all ...string) (words []string) {
	for r.IntN(2) == 0 {
		words = append(words, strings.Fields(r.of(all...))...)
	}
	return words
}

func (r randomCommands) next() []string {
	key := r.key()
	switch r.IntN(24) {
	case 0, 1, 2:
		return append([]string{"SET", key, r.value()}, r.options("NX", "XX", "GET", "KEEPTTL", "EX "+r.seconds(), "PX "+r.seconds(), "EXAT 1", "PERSIST")...)
	case 3:
		return append([]string{"GETEX", key}, r.options("PERSIST", "EX "+r.seconds(), "PX "+r.seconds(), "PXAT 1", "KEEPTTL")...)
	case 4:
		return append([]string{r.of("EXPIRE", "PEXPIRE"), key, r.seconds()}, r.options("NX", "XX", "GT", "LT")...)
	case 5:
		return []string{r.of("TTL", "PERSIST", "TYPE", "EXPIRETIME"), key}
	case 6, 7:
		return []string{r.of("INCR", "DECR", "STRLEN", "GET", "GETDEL", "DEL"), key}
	case 8, 9:
		return []string{r.of("INCRBY", "DECRBY"), key, r.number()}
	case 10, 11:
		return []string{"INCRBYFLOAT", key, r.value()}
	case 12:
		return []string{"APPEND", key, r.value()}
	case 13:
		return []string{r.of("GETRANGE", "SUBSTR"), key, r.number(), r.number()}
	case 14:
		return []string{"SETRANGE", key, r.number(), r.value()}
	case 15:
		return []string{r.of("GETSET", "SETNX"), key, r.value()}
	case 16:
		return []string{"SETEX", key, r.seconds(), r.value()}
	case 17:
		return []string{"MGET", key, r.key(), r.key()}
	case 18:
		return []string{r.of("MSET", "MSETNX"), key, r.value(), r.key(), r.value(), r.key(), r.value()}
	case 19:
		return []string{r.of("DEL", "UNLINK", "EXISTS", "TOUCH"), key, r.key(), r.key()}
	case 20:
		return []string{r.of("RENAME", "RENAMENX"), key, r.key()}
	case 21:
		return append([]string{"COPY", key, r.key()}, r.options("REPLACE", "DB 0", "bogus")...)
	case 22:
		return []string{"KEYS", r.of("*", "*[a-c]", "*[^b]", "{t}?", "nothing", `\{t}a`, "*b*", "[")}
	default:
		return []string{r.of("SET", "GET", "EXPIRE", "GETRANGE", "MSET", "COPY", "INCRBY"), key}
	}
}

// sameReply reports whether replies are equal, but for the order of keys, and for
// seconds that have passed.
func sameReply(args []string, a, b string) bool {
	switch args[0] {
	case "KEYS":
		sorted := func(reply string) []string {
			keys := strings.Fields(strings.Trim(reply, "*[]"))
			slices.Sort(keys)
			return keys
		}
		return slices.Equal(sorted(a), sorted(b))
	case "TTL", "EXPIRETIME":
		x, errX := strconv.ParseInt(strings.TrimPrefix(a, ":"), 10, 64)
		y, errY := strconv.ParseInt(strings.TrimPrefix(b, ":"), 10, 64)
		if errX == nil && errY == nil && x > 0 {
			return x-y <= 1 && y-x <= 1
		}
	}
	return a == b
}

// Whatever is sent, one by one or many at once, the replies are those of redis-server.
func TestRandomCommandsAreAnsweredAsByRedis(t *testing.T) {
	theirs, ours := dialRedis(t), newTestServer(t, nil).dial(t)
	seed := rand.Uint64()
	r := randomCommands{rand.New(rand.NewPCG(seed, 0))}
	var last []string
	for sent := 0; sent < 10_000; {
		batch := make([][]string, 1+r.IntN(1+r.IntN(30)))
		raw := ""
		for i := range batch {
			batch[i] = r.next()
			raw += resptest.Command(batch[i]...)
		}
		theirs.Raw(raw)
		ours.Raw(raw)
		for _, args := range batch {
			sent++
			if last = append(last, fmt.Sprintf("%q", args)); len(last) > 10 {
				last = last[1:]
			}
			want, got := theirs.Reply(), ours.Reply()
			require.True(t, sameReply(args, want, got), "seed %d, command %d: redis %q, pikv %q:\n%s", seed, sent, want, got, strings.Join(last, "\n"))
		}
	}
}
