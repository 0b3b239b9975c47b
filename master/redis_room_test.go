package master

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/socket"
)

// A client of Redis that asks for little is served, whatever others leave unread, by
// all commands and not by GET alone.
func TestSmallValuesOfRedisClientsNeedNoRoom(t *testing.T) {
	cfg := config(t)
	cfg.RESPPort, cfg.RESPProxy = socket.AnyPort, true
	m, w := crowdedMaster(t, cfg, 0)
	w.put([]byte("large"), []byte(strings.Repeat("v", freeRelay+1)))
	c := dialRedis(t, m)
	for _, exchange := range []struct{ line, want string }{
		{"GET k", "small"},
		{"STRLEN k", ":5"},
		{"MGET k k", "*[small small]"},
		{"APPEND k er", ":7"},
		{"GETRANGE k 0 0", "s"},
		{"STRLEN large", "-TRYAGAIN too many bytes in flight"},
	} {
		require.Equal(t, exchange.want, c.Line(exchange.line), exchange.line)
	}
	m.front.cfg.Server.Budget.Release(m.front.cfg.Server.Budget.Limit())
	require.Equal(t, ":4097", c.Line("STRLEN large"))
	eventually(t, func() bool { return m.front.cfg.Server.Budget.Used() == 0 }, "the budget is whole")
}
