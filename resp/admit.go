package resp

import "strings"

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
		return errArity(cmd.Name)
	case !c.session.known && cmd.Flags&NoAuth == 0:
		return errNoAuth
	case cmd.First != 0 && !call.findSlot() && !c.server.cfg.Remote:
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
