package resp

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
)

// TestACommandThatWaitsIsWhole, also when it came in pieces: the parser had kept the
// first of them. SET is answered late, and what comes behind waits for it.
func TestACommandThatWaitsIsWhole(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) {
		cfg.Remote = true
		cfg.Keyspace.(*memory).slow = true
	})
	c := s.dial(t)
	const many = 50
	s.memory.releasing(t)
	for i := range many {
		name := fmt.Sprintf("key:%d", i)
		text := resptest.Command("SET", name, "value") + resptest.Command("GET", name) + resptest.Command("SETNX", name, "other")
		for len(text) > 0 {
			n := min(len(text), 1+i%40)
			c.Raw(text[:n])
			text = text[n:]
		}
	}
	for range many {
		require.Equal(t, []string{"+OK", "value", ":0"}, []string{c.Reply(), c.Reply(), c.Reply()})
	}
}
