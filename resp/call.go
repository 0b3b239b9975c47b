package resp

import (
	"runtime/debug"
	"strconv"
	"strings"

	"go.uber.org/zap"

	"pikv/placement"
)

// Call is a command under way, and where its reply is written. The command's Run
// has it until it returns, and then, when the Keyspace has held it, whoever
// answers it later. Args are valid until the call is answered. Not safe for
// concurrent use.
type Call struct {
	Writer
	Args    [][]byte // the name of the command first
	Command *Command
	// Slot is that of the command's keys, if it has any.
	Slot uint16
	// Arrived is a reading of Config.Clock after the command had come.
	Arrived int64
	// Tag is the Keyspace's: it finds there what it has left in an earlier call.
	Tag any

	conn     *conn
	owned    int  // of Args, from the first on, those in memory of their own
	free     int  // bytes that these take without room in the budget
	rejected bool // it was not run
	mark     int  // where the reply begins in buf
	held     bool // the reply comes later
	turn     bool // it is an errand that has a turn: see Aside

	offset int64    // of the wall clock to Config.Clock; 0: not known yet
	digits [24]byte // for a short value
	seen   seen     // for INFO
	built  int      // bytes of the budget: of the longest value it has made

	reserved int    // bytes of the budget: of the arguments, of the reply, and of a call that is held
	replied  int    // of them, those of the reply: as much as it took at most when it was written more than once
	own      bool   // buf is the call's, not the turn's
	spare    []byte // the call's own buffer, while buf is the turn's
	loan     *loan  // what the reply goes on with
	size     int    // what it takes in the queue
	answered bool   // guarded by the queue
}

// loan is bytes that are sent from where they lie.
type loan struct {
	bytes []byte
	done  func()
}

// Owned reports whether an argument lies in memory of its own, which may be kept
// when the call is over.
func (c *Call) Owned(i int) bool { return i < c.owned && len(c.Args[i]) >= large }

// Rewind drops what was written of the reply, and what was seen for it.
func (c *Call) Rewind() { c.buf, c.seen = c.buf[:c.mark], seen{} }

// seen is how many keys a command looked for to read them, and were there or not, and
// the error that the reply is, "" when it is none.
type seen struct {
	hits, misses uint32
	failure      string
}

// Saw notes for INFO that a key was read, or is not there.
func (c *Call) Saw(found bool) {
	if found {
		c.seen.hits++
	} else {
		c.seen.misses++
	}
}

// Fail writes an error in place of what was written of the reply.
func (c *Call) Fail(text string) {
	c.Rewind()
	c.Error(text)
	c.seen.failure = text
}

// panicked answers a call whose command failed in its code. It is called while the
// panic is handled, so that the log shows where it came from.
func (c *Call) panicked(p any) {
	s := c.conn.server
	s.panics.Add(1)
	s.cfg.Log.Error("a command panicked", zap.String("command", c.Command.Name), zap.Any("panic", p), zap.ByteString("stack", debug.Stack()))
	c.Fail(errPanic)
}

// MovedTo answers that another node has the slot. Of an IPv6 address it writes no
// brackets, as Redis does.
func (c *Call) MovedTo(node placement.Node) {
	if node.RESPAddr == "" {
		c.Fail(ErrNotServed + ": " + node.Name + ", which has it, opens no port for Redis clients (--resp-port)")
		return
	}
	c.Rewind()
	c.seen.failure = moved
	c.buf = append(c.buf, "-"+moved+" "...)
	c.buf = strconv.AppendInt(c.buf, int64(c.Slot), 10)
	c.buf = append(c.buf, ' ')
	c.buf = append(c.buf, bare(node.RESPAddr)...)
	c.buf = append(c.buf, '\r', '\n')
}

// moved is the code of a redirect.
const moved = "MOVED"

// bare is host:port without brackets around the host.
func bare(addr string) string {
	if !strings.HasPrefix(addr, "[") {
		return addr
	}
	host, port, _ := strings.Cut(addr[1:], "]")
	return host + port
}

// Reserve takes room for n bytes of a reply, or returns false: then it cannot be
// sent now. What the peer reads as it comes needs none, but for large replies.
func (c *Call) Reserve(n int) bool { return c.claim(n, n+freeReply) }

// claim is Reserve for a reply of which room bytes are still to be written.
func (c *Call) claim(n, room int) bool {
	if n < freeReply || c.replied > 0 && n <= c.replied+replyHeads || !c.own && len(c.buf)+room <= freeTurn+freeReply && c.conn.link.Waiting() == 0 {
		return true
	}
	if !c.conn.server.reserve(n - c.replied) {
		return false
	}
	c.reserved += n - c.replied
	c.replied = n
	if !c.own {
		c.conn.detach(c, room)
	}
	return true
}

// uncounted is how many bytes of the reply no room was asked for.
func (c *Call) uncounted() int {
	if c.replied > 0 {
		return 0
	}
	return min(len(c.buf), freeReply)
}

// Take takes room for n bytes that the command needs beside its arguments and its reply,
// until Give or its end, or returns false: then it cannot be done now.
func (c *Call) Take(n int) bool {
	if !c.conn.server.reserve(n) {
		return false
	}
	c.reserved += n
	return true
}

// Give gives back what Take took. Whoever has the call may.
func (c *Call) Give(n int) {
	c.reserved -= n
	c.conn.server.release(n)
}

// What is not counted, in bytes.
const (
	freeReply = 4 << 10  // a reply
	freeTurn  = 64 << 10 // those of a turn, on a connection with nothing to send
	// replyHeads is what a reply has beside the bytes that room was asked for.
	replyHeads = 1 << 10
)

// BulkLent is Bulk, the last part of a reply, of bytes that are sent from where they
// lie: done is called once, when that is over. Nobody may hold locks that done
// takes.
func (c *Call) BulkLent(b []byte, done func()) {
	if !c.conn.server.reserve(len(b)) {
		c.Fail(ErrManyBytes)
		done()
		return
	}
	c.reserved += len(b)
	if !c.own {
		c.conn.detach(c, 0)
	}
	c.header('$', int64(len(b)))
	c.loan = &loan{bytes: b, done: done}
}

// Keyspace is where the data are.
func (c *Call) Keyspace() Keyspace { return c.conn.server.cfg.Keyspace }

// Hold says that the reply comes later, by Done, from any goroutine. The arguments
// are copied if keepArgs asks for it, else they are gone. Only who runs the
// command may call it, once, before anybody else can call Done.
func (c *Call) Hold(keepArgs bool) {
	c.held = true
	c.conn.hold(c, keepArgs)
}

// Behind reports whether the connection has commands before this one that are
// not answered.
func (c *Call) Behind() bool { return c.conn.queued }

// Done ends a call that was held: its reply is written. It does not block, and takes
// one after the other the lock of the connection's queue and that of the Bursts, or of
// what stands in for them; the reply leaves later, without the caller's locks. For one
// that was not held it does nothing.
func (c *Call) Done() {
	if c.held {
		c.conn.queue.answered(c)
	}
}

// findSlot sets Slot and reports whether all keys of the command are in it.
func (c *Call) findSlot() bool {
	first, last, step := c.Command.keys(len(c.Args))
	if first > last {
		return true
	}
	c.Slot = placement.Slot(c.Args[first])
	for i := first + step; i <= last; i += step {
		if placement.Slot(c.Args[i]) != c.Slot {
			return false
		}
	}
	return true
}
