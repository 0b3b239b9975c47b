package eventloop

// Handler serves one connection. Its methods are called on the connection's loop:
// never two handlers of one loop at the same time. One that panics ends its
// connection.
type Handler interface {
	// Data is called when bytes have arrived, after Resume, and when the bytes
	// that waited to be sent have become few again.
	Data(t *Turn)
	// EOF is called once, when no more will come: the peer has closed its
	// sending side, or the server is being closed. t.In is what is left. Data is
	// not called any more. The peer may still wait for answers: the handler calls
	// Conn.Finish when it has appended them all, now or later.
	EOF(t *Turn)
	// Closed is the last call. err is nil after Conn.Finish and Conn.Close.
	Closed(err error)
}

// Turn is one call of a handler. It and its slices belong to the loop: nothing
// of it may be used after the handler has returned.
type Turn struct {
	// Conn is the connection.
	Conn *Conn
	// In is what has arrived and was not taken yet. The handler takes bytes from
	// its front by reslicing: t.In = t.In[n:]. It may only leave more than
	// Config.MaxPending when the connection is paused or full, or else the
	// connection is closed.
	In []byte
	// Out is for answers, by append. They are written when the handler returns.
	Out []byte
	// Need, if it is set, is the length of In before which Data need not be
	// called again, at most Config.MaxPending.
	Need int
	// Part, if it is set, is a name for what has come in part, other than that of
	// the last: the connection is closed if it is not whole within
	// Config.InputTimeout, that is if Data is called until then with the same
	// Part as its result, or not at all.
	Part uint64

	again bool // by Yield
	room  int  // so many bytes may be answered until the connection is full
}

// begin makes a call of c's handler from t.
func (t *Turn) begin(c *Conn, in []byte) {
	t.Conn, t.In = c, in
	t.fresh()
	t.measure()
}

// fresh forgets what the last call said.
func (t *Turn) fresh() { t.Need, t.Part, t.again = 0, 0, false }

// reset forgets the connection. Out is kept, unless it has become very large.
func (t *Turn) reset() {
	out := t.Out[:0]
	if cap(out) > keepOut {
		out = nil
	}
	*t = Turn{Out: out}
}

// keepOut is the largest Out that a loop keeps for its next turn.
const keepOut = 2 << 20

// measure sets room.
func (t *Turn) measure() { t.room = t.Conn.roomTillFull() }

// Fill has dst filled with the bytes that follow those taken from In, and Data
// called again when that is done; In is then what came behind them, perhaps
// nothing. The handler must leave dst alone until then. Bytes of In need not be
// taken for it, they are moved. Closed may come first.
func (t *Turn) Fill(dst []byte) { t.Conn.in.fill = dst }

// Full reports whether so many bytes wait to be sent that the handler should stop
// and leave the rest in In: it will be called again.
func (t *Turn) Full() bool { return len(t.Out) >= t.room }

// Yield has Data called again with what the handler leaves in In, when the others have
// had their turns. It is for a handler that has taken long.
func (t *Turn) Yield() { t.again = true }

// Settle appends Out to the connection. The handler calls it before it leaves an
// answer to another goroutine, and appends the following answers itself to Out
// only after that one was given to Conn.Append.
func (t *Turn) Settle() {
	t.Conn.settle(t.Out)
	t.Out = t.Out[:0]
	t.measure()
}

// Lend adds b to the answers without copying it, see Conn.Lend.
func (t *Turn) Lend(b []byte, done func()) {
	t.Conn.settle(t.Out)
	t.Out = t.Out[:0]
	_ = t.Conn.Lend(b, done) // when it is closed nobody reads the answer
	t.measure()
}
