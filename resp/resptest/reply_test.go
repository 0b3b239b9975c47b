package resptest

import (
	"bufio"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadReply(t *testing.T) {
	for raw, want := range map[string]string{
		"+OK\r\n": "+OK", "-ERR no\r\n": "-ERR no", ":-7\r\n": ":-7", "_\r\n": "_", "$-1\r\n": "nil", "*-1\r\n": "nil list",
		"$0\r\n\r\n": "", "$4\r\na\r\nb\r\n": "a\r\nb", "=5\r\ntxt:x\r\n": "txt:x", "*0\r\n": "*[]",
		"*3\r\n:1\r\n$1\r\na\r\n*1\r\n$-1\r\n": "*[:1 a *[nil]]", "%1\r\n+k\r\n:1\r\n": "%[+k :1]", "~2\r\n:1\r\n:2\r\n": "~[:1 :2]",
	} {
		got, err := ReadReply(bufio.NewReader(strings.NewReader(raw)))
		require.NoError(t, err, "%q", raw)
		require.Equal(t, want, got, "%q", raw)
	}
	for _, raw := range []string{"", "\r\n", "$x\r\n", "*x\r\n", "$5\r\nab", "*2\r\n:1\r\n"} {
		_, err := ReadReply(bufio.NewReader(strings.NewReader(raw)))
		require.Error(t, err, "%q", raw)
	}
}

func TestCommand(t *testing.T) {
	require.Equal(t, "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", Command("ECHO", ""))
}
