package resp

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestExpireReadsItsArgumentsAsRedisDoes(t *testing.T) {
	const (
		badTime = "-ERR invalid expire time in 'expire' command"
		mixed   = "-ERR NX and XX, GT or LT options at the same time are not compatible"
	)
	for command, want := range map[string]string{
		"EXPIRE k abc": "-" + errNotInteger, "EXPIRE k 1.5": "-" + errNotInteger, "EXPIRE k ''": "-" + errNotInteger, "EXPIRE k 99999999999999999999": "-" + errNotInteger,
		"EXPIRE k 9223372036854775807": badTime, "EXPIRE k -9223372036854775808": badTime, "EXPIRE k 9223372036854775": badTime, "EXPIRE none 9223372036854775807": badTime,
		"PEXPIRE k 9223372036854775807": "-ERR invalid expire time in 'pexpire' command", "PEXPIREAT k 9223372036854775807": ":1",
		"EXPIREAT k 9223372036854775807": "-ERR invalid expire time in 'expireat' command", "EXPIREAT k 9223372036854775": ":1",
		"EXPIRE k 10 NX XX": mixed, "EXPIRE k 10 NX GT": mixed, "EXPIRE k 10 LT nx": mixed, "EXPIRE k 10 BOGUS": "-ERR Unsupported option BOGUS",
		"EXPIRE k 10 GT LT": "-ERR GT and LT options at the same time are not compatible", "EXPIRE k abc BOGUS": "-ERR Unsupported option BOGUS",
		"EXPIRE none abc": "-" + errNotInteger, "EXPIRE none 10": ":0", "EXPIRE k 10 NX NX": ":1", "EXPIRE k 10 XX GT": ":0",
	} {
		talk(t, exchange{"SET k v", "+OK"}, exchange{command, want})
	}
}

func TestExpireWithConditions(t *testing.T) {
	talk(t,
		exchange{"SET k v", "+OK"}, exchange{"EXPIRE k 70 XX", ":0"}, exchange{"EXPIRE k 70 GT", ":0"}, exchange{"TTL k", ":-1"}, exchange{"EXPIRE k 70 LT", ":1"},
		exchange{"TTL k", ":70"}, exchange{"EXPIRE k 100 NX", ":0"}, exchange{"PERSIST k", ":1"}, exchange{"PERSIST k", ":0"}, exchange{"EXPIRE k 100 NX", ":1"},
		exchange{"EXPIRE k 50 GT", ":0"}, exchange{"EXPIRE k 500 GT", ":1"}, exchange{"EXPIRE k 600 LT", ":0"}, exchange{"EXPIRE k 60 LT", ":1"},
		exchange{"PEXPIRE k 70000 XX", ":1"}, exchange{"TTL k", ":70"}, exchange{"PEXPIRE k 50000 XX LT", ":1"}, exchange{"TTL k", ":50"},
		exchange{"EXPIRE k -1 GT", ":0"}, exchange{"EXISTS k", ":1"}, exchange{"EXPIRE k -1 LT", ":1"}, exchange{"EXISTS k", ":0"},
	)
}

// Times are compared in milliseconds: the same again is neither earlier nor later.
func TestExpireatTheSameTime(t *testing.T) {
	c := newTestServer(t, nil).dial(t)
	require.Equal(t, "+OK", c.Do("SET", "k", "v"))
	then := time.Now().Add(time.Minute).UnixMilli()
	at := strconv.FormatInt(then, 10)
	require.Equal(t, ":1", c.Do("PEXPIREAT", "k", at))
	require.Equal(t, ":0", c.Do("PEXPIREAT", "k", at, "GT"))
	require.Equal(t, ":0", c.Do("PEXPIREAT", "k", at, "LT"))
	require.Equal(t, ":1", c.Do("PEXPIREAT", "k", strconv.FormatInt(then+1, 10), "GT"))
	require.Equal(t, ":1", c.Do("PEXPIREAT", "k", at, "LT"))
	require.Equal(t, ":"+at, c.Do("PEXPIRETIME", "k"))
}

func TestExpireInThePastDeletes(t *testing.T) {
	for _, command := range []string{"EXPIRE k 0", "EXPIRE k -1", "PEXPIRE k -100", "EXPIREAT k 1", "PEXPIREAT k 1", "EXPIRE k -1 NX", "PEXPIRE k -9223372036854775808", "EXPIREAT k -5"} {
		talk(t, exchange{"SET k v", "+OK"}, exchange{command, ":1"}, exchange{"EXISTS k", ":0"}, exchange{command, ":0"})
	}
}

func TestTimesThatThereAreNot(t *testing.T) {
	for _, name := range []string{"TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"} {
		talk(t, exchange{name + " k", ":-2"}, exchange{"SET k v", "+OK"}, exchange{name + " k", ":-1"})
	}
	talk(t, exchange{"PERSIST none", ":0"}, exchange{"SET k v PX 100000", "+OK"}, exchange{"TTL k", ":100"}, exchange{"TYPE k", "+string"}, exchange{"TYPE none", "+none"})
}
