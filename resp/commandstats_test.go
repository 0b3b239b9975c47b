package resp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestInfoTellsHowOftenCommandsCame(t *testing.T) {
	s := newTestServer(t, nil)
	c := s.dial(t)
	require.Equal(t, "# Commandstats\r\n", c.Do("INFO", "commandstats"))
	for range 3 {
		require.Equal(t, "+OK", c.Do("SET", "k", "v"))
	}
	require.Contains(t, c.Do("INCR", "k"), "-ERR value is not an integer") // it fails
	require.Contains(t, c.Do("GET"), "-ERR wrong number")                  // it is not run
	require.Contains(t, c.Do("NOSUCH"), "-ERR unknown command")
	require.Regexp(t, `^:\d+$`, c.Do("CLIENT", "ID"))
	c.Raw("SET k w\r\nSET k x\r\nGET k\r\n") // of one turn
	require.Equal(t, []string{"+OK", "+OK", "x"}, []string{c.Reply(), c.Reply(), c.Reply()})
	want := "# Commandstats\r\n" +
		"cmdstat_client|id:calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=0\r\n" +
		"cmdstat_get:calls=1,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0\r\n" +
		"cmdstat_incr:calls=1,usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=1\r\n"
	require.Eventually(t, func() bool { return s.commands[s.table.byName["set"].place].given.Load() == 5 }, patience, time.Millisecond)
	other := s.dial(t)
	got := other.Do("INFO", "commandstats")
	require.Contains(t, got, want)
	require.Contains(t, got, "cmdstat_set:calls=5,")
	require.NotContains(t, got, "nosuch")
	require.NotContains(t, other.Do("INFO"), "Commandstats", "it is asked for")
	require.Contains(t, other.Do("INFO", "everything"), "cmdstat_set:calls=5,")
}
