package resp

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
)

const badSetTime = "-ERR invalid expire time in 'set' command"

func TestSetReadsItsOptionsAsRedisDoes(t *testing.T) {
	for options, want := range map[string]string{
		"EX 10": "+OK", "px 10000": "+OK", "EX 10 EX 20": "+OK", "KEEPTTL KEEPTTL": "+OK", "NX NX GET GET": "nil", "XX GET EX 5": "nil",
		"EX": "-" + errSyntax, "EX 10 PX 10": "-" + errSyntax, "KEEPTTL EX 10": "-" + errSyntax, "EX 10 KEEPTTL": "-" + errSyntax,
		"NX XX": "-" + errSyntax, "PERSIST": "-" + errSyntax, "bogus": "-" + errSyntax, "EXAT 5 PXAT 5": "-" + errSyntax, "EX 10 NX EX": "-" + errSyntax,
		"EX abc": "-" + errNotInteger, "EX 1.5": "-" + errNotInteger, "EX ''": "-" + errNotInteger, "EX 010": "-" + errNotInteger, "EX +1": "-" + errNotInteger,
		"EX 99999999999999999999": "-" + errNotInteger,
		"EX 0":                    badSetTime, "PX -5": badSetTime, "EXAT 0": badSetTime, "PXAT -1": badSetTime,
		"EX 9223372036854775807": badSetTime, "EX 9223372036854775": badSetTime, "EX 9223372036854776": badSetTime, "PX 9223372036854775807": badSetTime,
		"EXAT 9223372036854775807": badSetTime, "EXAT 9223372036854775": "+OK", "PXAT 9223372036854775807": "+OK", "EX 9000000000000000": "+OK",
	} {
		talk(t, exchange{"SET k v " + options, want})
	}
}

func TestSetWithConditions(t *testing.T) {
	talk(t,
		exchange{"SET k 1 XX", "nil"}, exchange{"EXISTS k", ":0"}, exchange{"SET k 1 NX", "+OK"}, exchange{"SET k 2 NX", "nil"}, exchange{"GET k", "1"},
		exchange{"SET k 3 XX", "+OK"}, exchange{"SET k 4 GET", "3"}, exchange{"SET k 5 NX GET", "4"}, exchange{"GET k", "4"}, exchange{"SET k 6 XX GET", "4"},
		exchange{"SET n 1 XX GET", "nil"}, exchange{"EXISTS n", ":0"}, exchange{"SET n 1 NX GET", "nil"}, exchange{"GET n", "1"},
		exchange{"SET k 7 EX 100", "+OK"}, exchange{"TTL k", ":100"}, exchange{"SET k 8 KEEPTTL", "+OK"}, exchange{"TTL k", ":100"},
		exchange{"SET k 9 XX KEEPTTL GET", "8"}, exchange{"TTL k", ":100"}, exchange{"SET k 9 XX", "+OK"}, exchange{"TTL k", ":-1"},
		exchange{"SET k 9 EXAT 1", "+OK"}, exchange{"EXISTS k", ":0"}, exchange{"SET k 9 PXAT 1 GET", "nil"}, exchange{"EXISTS k", ":0"},
	)
}

func TestSetAtATime(t *testing.T) {
	c := newTestServer(t, nil).dial(t)
	then := time.Now().Add(100 * time.Second).Truncate(time.Second)
	require.Equal(t, "+OK", c.Do("SET", "k", "v", "EXAT", strconv.FormatInt(then.Unix(), 10)))
	require.Equal(t, ":"+strconv.FormatInt(then.UnixMilli(), 10), c.Do("PEXPIRETIME", "k"))
	require.Equal(t, ":"+strconv.FormatInt(then.Unix(), 10), c.Do("EXPIRETIME", "k"))
	require.Equal(t, "+OK", c.Do("SET", "k", "v", "PXAT", strconv.FormatInt(then.UnixMilli()+123, 10)))
	require.Equal(t, ":"+strconv.FormatInt(then.UnixMilli()+123, 10), c.Do("PEXPIRETIME", "k"))
}

func TestSetsOfOtherNames(t *testing.T) {
	talk(t,
		exchange{"SETEX k 100 v", "+OK"}, exchange{"TTL k", ":100"}, exchange{"SETEX k 0 v", "-ERR invalid expire time in 'setex' command"},
		exchange{"SETEX k abc v", "-" + errNotInteger}, exchange{"PSETEX k 100000 w", "+OK"}, exchange{"TTL k", ":100"},
		exchange{"PSETEX k -1 v", "-ERR invalid expire time in 'psetex' command"}, exchange{"SETNX k x", ":0"}, exchange{"SETNX n x", ":1"},
		exchange{"GETSET k y", "w"}, exchange{"TTL k", ":-1"}, exchange{"GETSET none y", "nil"}, exchange{"GET none", "y"},
		exchange{"GETDEL k", "y"}, exchange{"GETDEL k", "nil"},
	)
}

func TestGetex(t *testing.T) {
	talk(t,
		exchange{"GETEX none", "nil"}, exchange{"GETEX none EX abc", "nil"}, exchange{"GETEX none EX", "-" + errSyntax}, exchange{"SET k v", "+OK"},
		exchange{"GETEX k EX 100", "v"}, exchange{"TTL k", ":100"}, exchange{"GETEX k", "v"}, exchange{"TTL k", ":100"},
		exchange{"GETEX k PX 200000", "v"}, exchange{"TTL k", ":200"}, exchange{"GETEX k PERSIST", "v"}, exchange{"TTL k", ":-1"},
		exchange{"GETEX k PERSIST", "v"}, exchange{"GETEX k EX 0", "-ERR invalid expire time in 'getex' command"}, exchange{"GETEX k PX abc", "-" + errNotInteger},
		exchange{"GETEX k EX 10 PERSIST", "-" + errSyntax}, exchange{"GETEX k KEEPTTL", "-" + errSyntax}, exchange{"GETEX k NX", "-" + errSyntax},
		exchange{"GETEX k PXAT 1", "v"}, exchange{"EXISTS k", ":0"},
	)
}

// A write with options that is not answered yet is seen by the commands behind it.
func TestOptionsOfWritesThatWait(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) { cfg.Keyspace.(*memory).slow = true })
	c := s.dial(t)
	c.Raw(resptest.Command("SET", "k", "v", "NX", "EX", "100") + resptest.Command("SET", "k", strings.Repeat("w", 100), "XX", "GET", "KEEPTTL") + resptest.Command("TTL", "k"))
	require.Eventually(t, func() bool { return s.memory.waiting() >= 2 }, patience, time.Millisecond)
	s.memory.release(s.memory.waiting())
	require.Equal(t, "+OK", c.Reply())
	require.Equal(t, "v", c.Reply())
	require.Equal(t, ":100", c.Reply())
}
