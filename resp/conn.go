package resp

import (
	"time"

	"go.uber.org/zap"

	"pikv/eventloop"
)

// conn is one connection. Its methods are its loop's, where they do not say
// otherwise.
type conn struct {
	server  *Server
	loop    *loop
	link    *eventloop.Conn
	session session
	parser  parser
	waiting parsed          // the command at the beginning of the input, if it has to wait
	turn    *eventloop.Turn // while there is one
	queued  bool            // commands may be under way: see queue
	fenced  bool            // the last of them is a Barrier
	ending  bool            // no more commands are run
	ended   bool            // by the client: no turn follows this one
	whole   uint64          // commands that have come so far, whatever became of them
	giveUp  func()          // ends the last errand, if it is under way
	heavy   bool            // the last one was
	ahead   int             // of so many commands the Keyspace has been told
	queue   queue
}

// accept makes the handler of a new connection.
func (s *Server) accept(link *eventloop.Conn) eventloop.Handler {
	c := &conn{server: s, loop: s.loops[link.Loop()], link: link}
	c.parser.reserve, c.parser.release = s.reserve, s.release
	c.queue.conn = c
	c.session.begin(s)
	s.conns.add(c)
	return c
}

// Data implements eventloop.Handler.
func (c *conn) Data(t *eventloop.Turn) {
	before := len(t.In) + c.parser.filled()
	c.begin(t)
	c.read(t)
	c.end()
	if c.ending {
		t.In = t.In[len(t.In):] // nobody will look at it
	}
	c.loop.in += int64(before - len(t.In))
}

// EOF implements eventloop.Handler. Commands that would have to wait for others are
// given up.
func (c *conn) EOF(t *eventloop.Turn) {
	c.ended = true
	c.begin(t)
	c.read(t)
	c.finish()
	c.end()
}

// Closed implements eventloop.Handler.
func (c *conn) Closed(error) {
	c.ending = true
	if c.giveUp != nil {
		c.giveUp()
	}
	c.server.conns.remove(c)
	c.server.release(c.parser.reserved)
	c.parser = parser{}
}

func (c *conn) begin(t *eventloop.Turn) {
	c.turn, c.ahead = t, 0
	c.loop.now = c.server.cfg.Clock()
}

func (c *conn) end() {
	if c.ending {
		c.finish()
	}
	c.turn = nil
	c.session.touched(c.loop)
}

// read runs the commands that have arrived, as many as may be.
func (c *conn) read(t *eventloop.Turn) {
	for !c.ending && !t.Full() && c.goesOn() {
		step, err := c.waiting, error(nil)
		if c.waiting.args = nil; step.args == nil {
			if c.ahead == 0 && c.parser.left == 0 {
				c.ahead = c.loop.lookAhead(t.In)
			}
			step, err = c.parser.next(t.In, c.loop.args[:0], c.session.bounds)
		}
		switch {
		case err != nil:
			c.fatal(err)
			return
		case step.args != nil:
			if !c.run(&step) {
				// It comes again; the parser has let go of what it had kept of it.
				step.args = cloneArgs(step.args, step.owned)
				c.waiting = step
				return
			}
			c.loop.keep(step.args)
			c.ahead = max(c.ahead-1, 0)
		case step.refusal != "":
			c.reply(func(call *Call) { call.Fail(step.refusal) })
		case step.used == 0:
			if room := c.parser.fillRoom(); room != nil {
				t.Fill(room)
			}
			if c.parser.left > 0 || len(t.In) > 0 {
				t.Part = c.whole + 1
			}
			return
		}
		t.In = t.In[step.used:]
		if c.parser.left == 0 {
			c.whole++
		}
		if c.heavy && !c.ended && c.server.cfg.Clock()-c.loop.now > int64(turnMost) {
			t.Yield()
			return
		}
	}
}

// turnMost is after how long a connection has had its turn, once it has given a Heavy
// command.
const turnMost = 2 * time.Millisecond

// goesOn reports whether another command may be run; if not, the connection is
// paused until it may.
func (c *conn) goesOn() bool {
	if c.fenced {
		c.queued = c.queue.barrier()
		c.fenced = c.queued
		return !c.queued
	}
	if c.queued {
		var open bool
		open, c.queued = c.queue.open()
		return open
	}
	return true
}

// run runs a command. false: it must wait until those before it are answered.
func (c *conn) run(step *parsed) bool {
	call := c.loop.ready(c)
	call.Args, call.owned, call.Arrived, call.held = step.args, step.owned, c.loop.now, false
	call.offset, call.built, call.replied, call.seen = 0, 0, 0, seen{}
	refusal := c.admit(call)
	if call.Command == &unknown && speaksHTTP(call.Args[0]) {
		c.cutOff()
		return true
	}
	call.rejected = refusal != ""
	cmd := call.Command
	alone := call.Command.Flags&Barrier != 0 || c.server.cfg.Remote || len(call.Args)-1 > changeKeys && call.Command.Flags&ReadOnly != 0
	if c.queued && refusal == "" && alone {
		if c.queued = c.queue.barrier(); c.queued {
			return false
		}
	}
	c.parser.hand(call)
	c.heavy = cmd.Flags&Heavy != 0
	c.loop.commands++
	c.loop.calls.add(cmd.place)
	if call.Command.First != 0 {
		c.loop.keyed++
	}
	c.open(call)
	if refusal != "" {
		call.Fail(refusal)
	} else {
		c.guard(call)
	}
	switch {
	case c.loop.call == call:
		c.close(call)
	case cmd.Flags&Barrier != 0: // it is held, or already over, and another's
		c.fenced = true
	}
	return true
}

// guard runs a command; a panic is an error for its client.
func (c *conn) guard(call *Call) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if c.loop.call != call {
			panic(p) // it is held, and who answers it is not known: the connection ends
		}
		call.panicked(p)
	}()
	call.Command.Run(call)
}

// reply answers what was no command.
func (c *conn) reply(write func(call *Call)) {
	call := c.loop.ready(c)
	call.Command = &unknown
	c.parser.hand(call)
	c.open(call)
	write(call)
	c.close(call)
}

// fatal tells the client what it did wrong and ends the connection.
func (c *conn) fatal(err error) {
	c.server.cfg.Log.Debug("connection closed for what came from it", zap.Stringer("remote", c.link.RemoteAddr()), zap.Error(err))
	c.reply(func(call *Call) { call.Fail("ERR " + err.Error()) })
	c.finish()
}

// finish ends the connection when everything is answered.
func (c *conn) finish() {
	c.ending = true
	if c.queue.finish() {
		c.link.Finish()
	}
}

// cloneArgs copies arguments out of the input.
func cloneArgs(args [][]byte, owned int) [][]byte {
	size := 0
	for _, arg := range args[owned:] {
		size += len(arg)
	}
	kept := append(make([][]byte, 0, len(args)), args...)
	memory := make([]byte, 0, size)
	for i := owned; i < len(args); i++ {
		from := len(memory)
		memory = append(memory, args[i]...)
		kept[i] = memory[from:len(memory):len(memory)]
	}
	return kept
}
