package resp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/wire"
)

func TestCut(t *testing.T) {
	const most, least = 1<<63 - 1, -1 << 63
	for _, c := range []struct {
		start, end int64
		want       string
	}{
		{0, 4, "Hello"}, {-5, -1, "World"}, {0, -1, "Hello World"}, {4, 2, ""}, {100, 200, ""}, {-100, 2, "Hel"}, {-100, -50, "H"}, {-1, -100, ""},
		{0, most, "Hello World"}, {least, most, "Hello World"}, {10, 10, "d"}, {11, 11, ""}, {most, most, ""}, {least, least, "H"}, {3, -9, ""}, {-8, 3, "l"},
	} {
		require.Equal(t, c.want, string(cut([]byte("Hello World"), c.start, c.end)), "%d %d", c.start, c.end)
		require.Empty(t, cut(nil, c.start, c.end))
	}
}

func TestRanges(t *testing.T) {
	talk(t,
		exchange{"APPEND k abc", ":3"}, exchange{"APPEND k ''", ":3"}, exchange{"EXPIRE k 100", ":1"}, exchange{"APPEND k de", ":5"}, exchange{"GET k", "abcde"},
		exchange{"TTL k", ":100"}, exchange{"APPEND none ''", ":0"}, exchange{"EXISTS none", ":1"}, exchange{"STRLEN k", ":5"}, exchange{"STRLEN no", ":0"},
		exchange{"GETRANGE k 1 2", "bc"}, exchange{"SUBSTR k -2 -1", "de"}, exchange{"GETRANGE k a 1", "-" + errNotInteger},
		exchange{"GETRANGE no 0 9223372036854775808", "-" + errNotInteger}, exchange{"GETRANGE no 0 -1", ""},
		exchange{"SETRANGE k 1 XY", ":5"}, exchange{"GET k", "aXYde"}, exchange{"SETRANGE k 7 !", ":8"}, exchange{"GET k", "aXYde\x00\x00!"}, exchange{"TTL k", ":100"},
		exchange{"SETRANGE new 0 ''", ":0"}, exchange{"EXISTS new", ":0"}, exchange{"SETRANGE k 9223372036854775807 ''", ":8"},
		exchange{"SETRANGE k -1 x", "-ERR offset is out of range"}, exchange{"SETRANGE k 1.5 x", "-" + errNotInteger},
		exchange{"SETRANGE k 9223372036854775807 x", "-" + ErrTooLong}, exchange{"SETRANGE k 536870912 x", "-" + ErrTooLong},
		exchange{"SETRANGE new 2 x", ":3"}, exchange{"GET new", "\x00\x00x"},
	)
}

// What few bytes ask for counts as if they had been sent.
func TestLongValuesAreBounded(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) { cfg.Budget = wire.NewBudget(1 << 20) })
	c := s.dial(t)
	require.Equal(t, ":1000000", c.Do("SETRANGE", "k", "999999", "x"))
	require.Equal(t, "-"+ErrManyBytes, c.Do("SETRANGE", "k", "1999999", "x"))
	require.Equal(t, ":1000000", c.Do("STRLEN", "k"))
	require.Equal(t, "-"+ErrTooLong, c.Do("SETRANGE", "k", "67108864", "x"))
	require.Eventually(t, func() bool { return s.cfg.Budget.Used() == 0 }, patience, 1)
}
