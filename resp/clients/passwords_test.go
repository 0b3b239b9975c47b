package clients

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"pikv/testcluster"
	"pikv/testcluster/need"
)

// login is what a client says of itself, and what it is refused with.
type login struct{ user, password, refusal string }

// users are who is let in.
var users = testcluster.RedisUsers{"default": "open sesame", "ann": "secret"}

var logins = []login{
	{"", "open sesame", ""},
	{"default", "open sesame", ""},
	{"ann", "secret", ""},
	{"", "", "NOAUTH"},
	{"", "wrong", "WRONGPASS"},
	{"", "secret", "WRONGPASS"}, // another's
	{"ann", "open sesame", "WRONGPASS"},
	{"ann", "Secret", "WRONGPASS"},
	{"bob", "secret", "WRONGPASS"},
}

// passwords has a client log in as each of them and use keys of both workers: it must
// log in to the second one, too. A client returns what it was told, "" when it was let in
// and all was right.
func passwords(t *testing.T, use func(t *testing.T, addr string, l login, keys ...string) (told string)) {
	t.Helper()
	c := testcluster.Start(t, testcluster.Options{Workers: 2, Replicas: 2, Redis: true, RedisUsers: users})
	c.WaitSynced() // nothing has to be tried again
	keys := []string{keyOf(t, c, "w1"), keyOf(t, c, "w2")}
	for _, l := range logins {
		t.Run(l.user+" "+l.password, func(t *testing.T) {
			told := use(t, c.Node("w1").RESP, l, keys...)
			if l.refusal == "" {
				require.Empty(t, told)
				return
			}
			require.Contains(t, told, l.refusal)
			for _, key := range keys {
				value, err := c.Client().Get(t.Context(), key)
				require.True(t, err != nil || string(value) != valueOf(l), "%s was written", key)
			}
		})
	}
}

// valueOf is what a client writes that says so.
func valueOf(l login) string { return "of " + l.user + " " + l.password }

func TestRedisCLIPasswords(t *testing.T) {
	t.Parallel()
	need.Peers(t, "redis-cli")
	passwords(t, func(t *testing.T, addr string, l login, keys ...string) string {
		args := []string{"-c", "--no-auth-warning"}
		if l.user != "" {
			args = append(args, "--user", l.user)
		}
		if l.password != "" {
			args = append(args, "--pass", l.password)
		}
		for _, key := range keys {
			set, err := redisCLI(t.Context(), addr, "", append(args, "set", key, valueOf(l))...)
			require.NoError(t, err, set)
			get, err := redisCLI(t.Context(), addr, "", append(args, "get", key)...)
			require.NoError(t, err, get)
			if set != "OK" || get != valueOf(l) {
				require.Contains(t, set, "NOAUTH", "what it was not let in for was refused")
				require.Contains(t, get, "NOAUTH")
				return set + get
			}
		}
		return ""
	})
}

func TestGoRedisPasswords(t *testing.T) {
	t.Parallel()
	passwords(t, func(t *testing.T, addr string, l login, keys ...string) string {
		g := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{addr}, Username: l.user, Password: l.password, MaxRedirects: 8})
		defer func() { require.NoError(t, g.Close()) }()
		for _, key := range keys {
			err := g.Set(t.Context(), key, valueOf(l), 0).Err()
			if err != nil {
				_, getErr := g.Get(t.Context(), key).Result()
				require.Error(t, getErr)
				require.NotErrorIs(t, getErr, redis.Nil)
				return errors.Join(err, getErr).Error()
			}
			value, err := g.Get(t.Context(), key).Result()
			require.NoError(t, err)
			require.Equal(t, valueOf(l), value)
		}
		return ""
	})
}

func TestRedisPyPasswords(t *testing.T) {
	t.Parallel()
	interpreter := need.Python(t, "redis")
	passwords(t, func(t *testing.T, addr string, l login, keys ...string) string {
		args := append([]string{"testdata/passwords.py", addr, l.user, l.password, valueOf(l)}, keys...)
		out, err := exec.CommandContext(t.Context(), interpreter, args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
		told := strings.TrimSpace(string(out))
		return strings.ReplaceAll(told, "Authentication required.", "NOAUTH Authentication required.") // it makes a class of its own of the code
	})
}
