package resp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// exchange is a command, its words between spaces, and the reply as readReply has
// it. The word ” is empty.
type exchange struct{ command, reply string }

// talk makes exchanges with a server over a memory.
func talk(t *testing.T, all ...exchange) {
	t.Helper()
	c := newTestServer(t, nil).dial(t)
	for _, e := range all {
		require.Equal(t, e.reply, c.line(e.command), "%s", e.command)
	}
}

// line sends a command of words.
func (c *testClient) line(command string) string {
	c.t.Helper()
	words := strings.Fields(command)
	for i, w := range words {
		if w == "''" {
			words[i] = ""
		}
	}
	return c.do(words...)
}
