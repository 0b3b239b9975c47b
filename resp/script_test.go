package resp

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// exchange is a command, its words between spaces, and the reply as package
// resptest has both.
type exchange struct{ command, reply string }

// talk makes exchanges with a server over a memory, for which no time passes.
func talk(t *testing.T, all ...exchange) {
	t.Helper()
	s := newTestServer(t, nil)
	s.memory.freeze()
	c := s.dial(t)
	for _, e := range all {
		require.Equal(t, e.reply, c.Line(e.command), "%s", e.command)
	}
}
