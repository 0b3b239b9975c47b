package resp

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
	"pikv/wire"
)

// One command cannot have a loop work for seconds, nor make much more than was sent: what
// it takes shows in what is allocated, however busy the machine is.
func TestOneCommandTakesLittleMoreThanItsBytes(t *testing.T) {
	s := newTestServer(t, nil)
	c := s.dial(t)
	long, word := strings.Repeat("Ab", 32<<20), strings.Repeat("[a-c]b*", 9<<10)
	scan := []string{"SCAN", "0"}
	for range 900 {
		scan = append(scan, "MATCH", word)
	}
	for _, test := range []struct {
		args []string
		want string // the reply, or how it begins
	}{
		{append([]string{"COMMAND", "INFO"}, slices.Repeat([]string{"client"}, maxArgs-2)...), "-ERR too many names in one command"},
		{append([]string{"COMMAND", "INFO"}, slices.Repeat([]string{"nosuch"}, maxArgs-2)...), "-ERR too many names in one command"},
		{[]string{"COMMAND", "INFO", long}, "*[nil]"},
		{append([]string{"CLIENT", "LIST", "ID"}, slices.Repeat([]string{"7"}, maxArgs-3)...), "-ERR too many ids in one command"},
		{[]string{"COMMAND", "LIST", "FILTERBY", "ACLCAT", long}, "*[]"},
		{[]string{"COMMAND", "LIST", "FILTERBY", "PATTERN", long}, "-ERR the pattern takes too long"},
		{append([]string{"CONFIG", "GET"}, slices.Repeat([]string{word}, 900)...), "-ERR too many patterns"},
		{append([]string{"CONFIG", "GET"}, slices.Repeat([]string{"A*b"}, maxArgs-2)...), "-ERR too many patterns"},
		{append([]string{"CONFIG", "GET"}, slices.Repeat([]string{"[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*_"}, configPatterns)...), "*[]"},
		{scan, "*[0 *[]]"},
		{append([]string{"INFO"}, slices.Repeat([]string{"Nosuch"}, maxArgs-1)...), ""},
		{[]string{"INFO", long}, ""},
	} {
		command := resptest.Command(test.args...)
		before := allocated()
		c.Raw(command)
		got := c.Reply()
		took := allocated() - before
		require.LessOrEqual(t, took, uint64(4*len(command)+32<<20), "%.60q", command)
		if test.want == "" {
			require.Equal(t, test.want, got, "%.60q", command)
		} else {
			require.Truef(t, strings.HasPrefix(got, test.want), "%.60q: %.100q", command, got)
		}
	}
	s.settled(t)
}

// allocated is what the process has allocated since it began, in bytes.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// What COMMAND INFO says of a command is the same however often it is named, and is
// counted.
func TestDescriptionsAreCounted(t *testing.T) {
	const small = 256 << 10
	s := newTestServer(t, func(cfg *Config) { cfg.Budget = wire.NewBudget(small) })
	c := s.dial(t)
	one := c.Do("COMMAND", "INFO", "client")
	once := strings.TrimSuffix(strings.TrimPrefix(one, "*["), "]")
	few := small / len(once) / 4
	require.Greater(t, few, 3)
	reply := c.Do(append([]string{"COMMAND", "INFO", "get"}, slices.Repeat([]string{"client"}, few)...)...)
	require.Equal(t, strings.TrimSuffix(c.Do("COMMAND", "INFO", "get"), "]")+strings.Repeat(" "+once, few)+"]", reply)
	s.settled(t)
	require.Equal(t, "-"+ErrManyBytes, c.Do(append([]string{"COMMAND", "INFO"}, slices.Repeat([]string{"client"}, infoNames)...)...))
	require.Equal(t, "+PONG", c.Do("PING"))
	s.settled(t)
}
