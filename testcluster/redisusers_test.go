package testcluster_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
	"pikv/testcluster"
)

func TestRedisUsersInProcess(t *testing.T) { beside(t); redisUsers(t, testcluster.InProcess) }
func TestRedisUsersNetns(t *testing.T)     { t.Parallel(); redisUsers(t, testcluster.Namespaces) }

// redisUsers: every node lets in whom Options say, and nobody else.
func redisUsers(t *testing.T, mode testcluster.Mode) {
	c := testcluster.Start(t, testcluster.Options{Mode: mode, Workers: 1, Redis: true, RedisUsers: testcluster.RedisUsers{"default": "open sesame", "ann": "secret"}})
	ctx, cancel := context.WithTimeout(t.Context(), c.Patience())
	defer cancel()
	dial := c.Dialer()
	if dial == nil {
		dial = func(ctx context.Context, addr string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", addr)
		}
	}
	for _, node := range c.Nodes() {
		conn, err := dial(ctx, node.RESP)
		require.NoError(t, err)
		defer conn.Close()
		deadline, _ := ctx.Deadline()
		require.NoError(t, conn.SetDeadline(deadline))
		replies := bufio.NewReader(conn)
		do := func(words ...string) string {
			t.Helper()
			_, err := io.WriteString(conn, resptest.Command(words...))
			require.NoError(t, err)
			reply, err := resptest.ReadReply(replies)
			require.NoError(t, err)
			return reply
		}
		require.Equal(t, "-NOAUTH Authentication required.", do("PING"), node.Name)
		require.Contains(t, do("AUTH", "secret"), "-WRONGPASS")
		require.Contains(t, do("AUTH", "ann", "open sesame"), "-WRONGPASS")
		require.Contains(t, do("PING"), "-NOAUTH")
		require.Equal(t, "+OK", do("AUTH", "open sesame"))
		require.Equal(t, "+PONG", do("PING"))
		require.Equal(t, "+OK", do("AUTH", "ann", "secret"))
	}
}
