package resp

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
)

// Before the password every command of the table, and every form of one, is answered that
// it is asked for, whatever its arguments, and does nothing.
func TestStrangersAreServedNothing(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) { cfg.Users = users("default", "secret") })
	friend := s.dial(t)
	require.Equal(t, "+OK", friend.Do("AUTH", "secret"))
	require.Equal(t, "+OK", friend.Do("SET", "k1", "v"))
	open := map[string]bool{"auth": true, "hello": true, "quit": true, "reset": true}
	c, asked := s.dial(t), 0
	try := func(cmd *Command, words ...string) {
		if open[cmd.Name] {
			return
		}
		for more := range 3 {
			if more > 0 && (cmd.Arity >= 0 || cmd.Forms != nil) {
				break
			}
			args := words
			for i := len(words); i < max(cmd.Arity, -cmd.Arity)+more; i++ {
				args = append(args, fmt.Sprint("k", i))
			}
			require.Equal(t, "-NOAUTH Authentication required.", c.Do(args...), args)
			asked++
		}
	}
	for _, cmd := range s.table.sorted {
		if cmd.Forms == nil || cmd.Run != nil {
			try(cmd, cmd.Name)
		}
		for i := range cmd.Forms {
			form := &cmd.Forms[i]
			try(form, cmd.Name, form.Name[len(cmd.Name)+1:])
		}
	}
	require.Greater(t, asked, len(s.table.sorted))
	for _, line := range []string{"AUTH secret", "HELLO 3 AUTH default secret", "QUIT", "RESET"} {
		require.NotContains(t, s.dial(t).Line(line), "NOAUTH", line)
	}
	stranger := s.dial(t)
	stranger.Raw(resptest.Command("HELLO", "3") + "PING\r\n")
	require.Contains(t, stranger.Reply(), "-NOAUTH HELLO must be called with the client already authenticated")
	require.Equal(t, "-NOAUTH Authentication required.", stranger.Reply())
	require.Equal(t, "v", friend.Do("GET", "k1"))
}
