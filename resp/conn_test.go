package resp

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
)

func TestCommandsAreAnswered(t *testing.T) {
	c := newTestServer(t, nil).dial(t)
	require.Equal(t, "+PONG", c.Do("PING"))
	require.Equal(t, "hello", c.Do("ping", "hello"))
	require.Equal(t, "a b", c.Do("ECHO", "a b"))
	require.Equal(t, "nil", c.Do("GET", "k"))
	require.Equal(t, "+OK", c.Do("SET", "k", "v"))
	require.Equal(t, "v", c.Do("GET", "k"))
	require.Equal(t, ":1", c.Do("DEL", "k"))
	require.Equal(t, ":0", c.Do("DEL", "k"))
	c.Raw("set {x}1 'a \\' b'\r\nSET {x}2 \"\\x41\\n\"\nget {x}1\r\nget {x}2\r\ndel {x}1 {x}2 {x}1\r\n")
	for _, want := range []string{"+OK", "+OK", "a ' b", "A\n", ":2"} {
		require.Equal(t, want, c.Reply())
	}
}

func TestErrorsAreThoseOfRedis(t *testing.T) {
	c := newTestServer(t, nil).dial(t)
	require.Equal(t, "-ERR unknown command 'foo', with args beginning with: 'a' 'b' ", c.Do("foo", "a", "b"))
	require.Equal(t, "-ERR wrong number of arguments for 'get' command", c.Do("GET"))
	require.Equal(t, "-ERR wrong number of arguments for 'client|kill' command", c.Do("CLIENT", "KILL"))
	require.Equal(t, "-ERR unknown subcommand 'foo'. Try CLIENT HELP.", c.Do("client", "foo"))
	require.Equal(t, "-CROSSSLOT Keys in request don't hash to the same slot", c.Do("DEL", "a", "b"))
	require.Equal(t, "-ERR SELECT is not allowed in cluster mode", c.Do("SELECT", "1"))
}

func TestLargeValuesComeAndGo(t *testing.T) {
	s := newTestServer(t, nil)
	c := s.dial(t)
	for _, size := range []int{1, large - 1, large, large + 1, 1 << 20, 5 << 20} {
		value := strings.Repeat("v", size)
		require.Equal(t, "+OK", c.Do("SET", "k", value))
		require.Equal(t, value, c.Do("GET", "k"))
	}
	require.Eventually(t, func() bool { return s.cfg.Budget.Used() == 0 }, patience, time.Millisecond)
}

// Replies leave in the order of the commands, whichever is ready first.
func TestRepliesKeepTheirOrder(t *testing.T) {
	s := newTestServer(t, nil)
	s.memory.hold()
	c := s.dial(t)
	c.Raw(resptest.Command("GET", "a") + resptest.Command("SET", "a", "1") + resptest.Command("PING") + resptest.Command("SET", "a", "2") + resptest.Command("GET", "a") + resptest.Command("ECHO", "end"))
	require.Equal(t, "nil", c.Reply())
	require.Eventually(t, func() bool { return s.memory.waiting() == 2 }, patience, time.Millisecond)
	s.memory.mu.Lock()
	first, second := s.memory.held[0], s.memory.held[1]
	s.memory.held = nil
	s.memory.mu.Unlock()
	second.Done()
	first.Done()
	for _, want := range []string{"+OK", "+PONG", "+OK", "2", "end"} {
		require.Equal(t, want, c.Reply())
	}
}

func TestManyCommandsUnderWayStopTheConnection(t *testing.T) {
	s := newTestServer(t, nil)
	s.memory.hold()
	c := s.dial(t)
	const n = 3 * queueMost
	c.Raw(strings.Repeat(resptest.Command("SET", "a", "1"), n))
	for done := 0; done < n; {
		require.Eventually(t, func() bool { return s.memory.waiting() >= min(queueMost/2, n-done) }, patience, time.Millisecond)
		require.LessOrEqual(t, s.memory.waiting(), queueMost)
		ready := s.memory.waiting()
		s.memory.release(ready)
		for range ready {
			require.Equal(t, "+OK", c.Reply())
		}
		done += ready
	}
}

func TestPasswordIsAskedFor(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) { cfg.Users = users("default", "secret", "u", "p") })
	c := s.dial(t)
	require.Equal(t, "-NOAUTH Authentication required.", c.Do("GET", "a"))
	require.Equal(t, "-NOAUTH Authentication required.", c.Do("PING"))
	require.Equal(t, "-ERR wrong number of arguments for 'get' command", c.Do("GET"))
	require.Equal(t, "-"+errWrongPass, c.Do("AUTH", "wrong"))
	require.Equal(t, "-"+errWrongPass, c.Do("AUTH", "nobody", "secret"))
	require.Equal(t, "-"+errWrongPass, c.Do("HELLO", "3", "AUTH", "u", "secret"))
	require.Contains(t, c.Do("HELLO", "3"), "-NOAUTH HELLO must be called")
	require.Contains(t, c.Do("HELLO", "3", "AUTH", "u", "p", "SETNAME", "me"), "%[server redis version 7.0.15 proto :3 id")
	require.Equal(t, "me", c.Do("CLIENT", "GETNAME"))
	require.Equal(t, "_", c.Do("GET", "a"))
	require.Equal(t, "+RESET", c.Do("RESET"))
	require.Equal(t, "-NOAUTH Authentication required.", c.Do("GET", "a"))
	require.Equal(t, "+OK", c.Do("AUTH", "secret"))
	require.Equal(t, "nil", c.Do("GET", "a"))
	require.Equal(t, "+OK", c.Do("QUIT"))
	c.Closed()
}

func TestStrangersMaySendLittle(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) { cfg.Users = users("default", "secret") })
	c := s.dial(t)
	c.Raw("*11\r\n")
	require.Equal(t, "-ERR Protocol error: unauthenticated multibulk length", c.Reply())
	c.Closed()
	c = s.dial(t)
	c.Raw("*2\r\n$4\r\nAUTH\r\n$16385\r\n")
	require.Equal(t, "-ERR Protocol error: unauthenticated bulk length", c.Reply())
	c.Closed()
}

func TestCommandsTellOfThemselves(t *testing.T) {
	s := newTestServer(t, nil)
	c := s.dial(t)
	require.Equal(t, "*[*[get :2 *[+readonly +fast] :1 :1 :1 *[+@read +@string +@fast] *[] *[*[flags *[+RO +access] begin_search *[type index spec *[index :1]] find_keys *[type range spec *[lastkey :0 keystep :1 limit :0]]]] *[]] nil]",
		c.Do("COMMAND", "INFO", "get", "nothing"))
	require.Equal(t, "*[a b]", c.Do("COMMAND", "GETKEYS", "DEL", "a", "b"))
	require.Equal(t, "-ERR The command has no key arguments", c.Do("COMMAND", "GETKEYS", "PING", "x"))
	require.Equal(t, "*[client|getname]", c.Do("COMMAND", "LIST", "FILTERBY", "PATTERN", "*|g?tname"))
	require.Equal(t, "*[]", c.Do("COMMAND", "DOCS", "get"))
	require.True(t, strings.HasPrefix(c.Do("COMMAND"), "*[*["))
}

func TestClientsAreListedAndKilled(t *testing.T) {
	s := newTestServer(t, nil)
	a, b := s.dial(t), s.dial(t)
	require.Equal(t, "+OK", a.Do("CLIENT", "SETNAME", "first"))
	require.Equal(t, "+OK", b.Do("CLIENT", "SETINFO", "LIB-NAME", "mine"))
	require.Equal(t, "-"+errName, b.Do("CLIENT", "SETNAME", "a b"))
	id := strings.TrimPrefix(b.Do("CLIENT", "ID"), ":")
	list := a.Do("CLIENT", "LIST")
	require.Regexp(t, `^id=\d+ addr=127.0.0.1:\d+ laddr=`+s.addr+` fd=-1 name=first `, list)
	require.Contains(t, list, "\nid="+id+" ")
	require.Contains(t, list, "lib-name=mine")
	require.Equal(t, 2, strings.Count(list, "\n"))
	require.Equal(t, ":1", a.Do("CLIENT", "KILL", "ID", id))
	b.Closed()
	require.Equal(t, "-ERR No such client", a.Do("CLIENT", "KILL", "1.2.3.4:5"))
	require.Equal(t, "+OK", a.Do("CLIENT", "KILL", a.LocalAddr().String()))
	a.Closed()
}

// TestClientsNameTheirLibrary: redis-server 7.0, with which all else is compared, does not
// know this of 7.2. What is refused leaves no trace, and RESET leaves the library.
func TestClientsNameTheirLibrary(t *testing.T) {
	c := newTestServer(t, nil).dial(t)
	for _, e := range []exchange{
		{"CLIENT SETINFO lib-name", "-ERR wrong number of arguments for 'client|setinfo' command"},
		{"CLIENT SETINFO lib-name a b", "-ERR wrong number of arguments for 'client|setinfo' command"},
		{"CLIENT SETINFO badger hamster", "-ERR Unrecognized option 'badger'"},
	} {
		require.Equal(t, e.reply, c.Line(e.command), e.command)
	}
	for _, bad := range []string{"redis py", "redis.py\n", "\x7f", "\u00e9"} {
		require.Equal(t, "-ERR lib-name cannot contain spaces, newlines or special characters.", c.Do("CLIENT", "SETINFO", "lib-name", bad))
		require.Equal(t, "-ERR lib-ver cannot contain spaces, newlines or special characters.", c.Do("CLIENT", "SETINFO", "lib-ver", bad))
	}
	tells := func(want string) {
		t.Helper()
		require.True(t, strings.HasSuffix(c.Do("CLIENT", "INFO"), want+"\n"), want)
		require.True(t, strings.HasSuffix(c.Do("CLIENT", "LIST"), want+"\n"), want)
	}
	tells(" lib-name= lib-ver=")
	require.Equal(t, "+OK", c.Line("CLIENT SETINFO lib-NAME redis-py"))
	require.Equal(t, "+OK", c.Line("client setinfo LIB-VER 1.2.3"))
	tells(" lib-name=redis-py lib-ver=1.2.3")
	require.Equal(t, "+RESET", c.Do("RESET"))
	tells(" lib-name=redis-py lib-ver=1.2.3")
	require.Equal(t, "+OK", c.Line("CLIENT SETINFO lib-ver ''"))
	tells(" lib-name=redis-py lib-ver=")
}
