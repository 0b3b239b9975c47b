package resp

import (
	"strings"
)

// Errors that more than one command answers with, as Redis words them.
const (
	errSyntax     = "ERR syntax error"
	errNotInteger = "ERR value is not an integer or out of range"
	errNoAuth     = "NOAUTH Authentication required."
	errCrossSlot  = "CROSSSLOT Keys in request don't hash to the same slot"
	errManyBytes  = "TRYAGAIN too many bytes in flight"
	errPanic      = "ERR internal error: see the node's log"
)

// admit finds the command of a call and the slot of its keys. It returns the error to
// answer with, "" when the command may run. The order is that of Redis.
func (c *conn) admit(call *Call) (refusal string) {
	cmd := c.server.table.find(call.Args[0])
	if cmd == nil {
		call.Command = &unknown
		return unknownCommand(call.Args)
	}
	if cmd.Forms != nil && len(call.Args) > 1 {
		form := cmd.form(call.Args[1])
		if form == nil {
			call.Command = cmd
			return "ERR unknown subcommand '" + clip(call.Args[1], 128) + "'. Try " + strings.ToUpper(cmd.Name) + " HELP."
		}
		cmd = form
	}
	call.Command, c.session.ran = cmd, cmd
	switch {
	case !cmd.takes(len(call.Args)):
		return "ERR wrong number of arguments for '" + cmd.Name + "' command"
	case !c.session.known && cmd.Flags&NoAuth == 0:
		return errNoAuth
	case cmd.First != 0 && !call.findSlot():
		return errCrossSlot
	}
	return ""
}

// unknown stands for commands that there are not.
var unknown = Command{Name: "unknown"}

// unknownCommand is Redis' error for them.
func unknownCommand(args [][]byte) string {
	var b strings.Builder
	b.WriteString("ERR unknown command '" + clip(args[0], 128) + "', with args beginning with: ")
	for size := 0; size < 128 && len(args) > 1; {
		args = args[1:]
		word := "'" + clip(args[0], 128-size) + "' "
		size += len(word)
		b.WriteString(word)
	}
	return b.String()
}

// clip returns at most n bytes of b, up to its first NUL, as C would print it.
func clip(b []byte, n int) string {
	s, _, _ := strings.Cut(string(b[:min(len(b), n)]), "\x00")
	return s
}
