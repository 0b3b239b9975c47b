package rpcserver_test

import (
	"bytes"
	"context"
	"net"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"pikv/rpcconn"
	"pikv/rpcserver"
	"pikv/wire"
)

func TestSurplusConnectionIsRefused(t *testing.T) {
	cfg := quick()
	cfg.MaxConns = 2
	s := toy(cfg)
	addr := start(t, s)
	get := literal(t, "94 00 05 a3 476574 91 a1 6b")
	first, second := connect(t, addr), connect(t, addr)
	for _, c := range []stranger{first, second} {
		c.send(get)
		c.expect(literal(t, "94 01 05 c0 c0"))
	}
	third := connect(t, addr)
	third.send(get)
	third.refused(5, wire.CodeBusy)
	third.ended()
	if st := s.Stats(); st.Refused != 1 || st.Conns != 2 || st.Accepted != 2 {
		t.Errorf("stats %+v", st)
	}
	first.hangUp()
	eventually(t, "the place is free", func() bool { return s.Stats().Conns == 1 })
	fourth := connect(t, addr)
	fourth.send(get)
	fourth.expect(literal(t, "94 01 05 c0 c0"))
}

// A flood of surplus connections that say nothing neither piles up nor keeps
// the server from closing.
func TestManySurplusConnections(t *testing.T) {
	cfg := quick()
	cfg.MaxConns = 1
	s := toy(cfg)
	addr := start(t, s)
	connect(t, addr)
	eventually(t, "one connection", func() bool { return s.Stats().Conns == 1 })
	const flood = 60
	for range flood {
		connect(t, addr)
	}
	eventually(t, "all refused", func() bool { return s.Stats().Refused == flood })
}

// keeper is a handler that keeps its calls until they are let go.
type keeper chan *rpcserver.Call

func (k keeper) keep(_ context.Context, c *rpcserver.Call) { k <- c }

func nilResult(buf []byte) []byte { return wire.AppendNil(buf) }

func TestCallsInFlightAreBounded(t *testing.T) {
	cfg := quick()
	cfg.MaxCallsPerConn = 3
	s := rpcserver.New(cfg)
	kept := make(keeper, 100)
	s.Handle("Keep", kept.keep)
	c := connect(t, start(t, s))
	for id := range uint32(10) {
		c.send(request(id, "Keep", nil))
	}
	eventually(t, "three calls in flight", func() bool { return len(kept) == 3 })
	never(t, "more calls than the limit are in flight", func() bool { return len(kept) > 3 || s.Stats().InFlight > 3 })
	for id := range uint32(10) {
		(<-kept).Reply(nilResult)
		if m := c.reply(); m.ID != id {
			t.Fatalf("reply %d, want %d", m.ID, id)
		}
	}
}

func TestSlowCallsAreBounded(t *testing.T) {
	cfg := quick()
	cfg.MaxSlowCalls = 2
	s := rpcserver.New(cfg)
	release := make(chan struct{})
	s.HandleSlow("Wait", func(_ context.Context, c *rpcserver.Call) {
		<-release
		c.Reply(nilResult)
	})
	s.Handle("Echo", echo)
	c := connect(t, start(t, s))
	for id := range uint32(3) {
		c.send(request(id, "Wait", nil))
	}
	c.refused(2, wire.CodeBusy)
	// Slow calls hold up no fast ones.
	c.send(request(3, "Echo", nil))
	if m := c.reply(); m.ID != 3 || m.Err != nil {
		t.Fatalf("reply %+v", m)
	}
	close(release)
	c.reply()
	c.reply()
	if got := s.Stats().Busy; got != 1 {
		t.Errorf("%d busy answers counted, want 1", got)
	}
}

func TestBudgetIsSharedByAllConnections(t *testing.T) {
	const large = 100 << 10
	cfg := quick()
	cfg.Budget = wire.NewBudget(3 * large)
	s := rpcserver.New(cfg)
	kept := make(keeper, 100)
	s.Handle("Keep", kept.keep)
	s.Handle("Echo", echo)
	addr := start(t, s)
	holder, other := connect(t, addr), connect(t, addr)
	body := bytes.Repeat([]byte{'x'}, large)
	holder.send(request(1, "Keep", body))
	holder.send(request(2, "Keep", body))
	eventually(t, "two large calls in flight", func() bool { return len(kept) == 2 })

	// There is no room for a third, from nobody: it is skipped, and the
	// connection goes on with small ones.
	for _, c := range []stranger{holder, other} {
		c.send(request(3, "Keep", body))
		c.refused(3, wire.CodeBusy)
		c.send(request(4, "Echo", []byte("small")))
		if m := c.reply(); m.ID != 4 || m.Err != nil {
			t.Fatalf("reply %+v", m)
		}
	}
	(<-kept).Reply(nilResult)
	(<-kept).Reply(nilResult)
	holder.reply()
	holder.reply()
	other.send(request(5, "Echo", body))
	if m := other.reply(); m.ID != 5 || m.Err != nil || len(m.Result) < large {
		t.Fatalf("reply %d: %d bytes, error %x", m.ID, len(m.Result), m.Err)
	}
	eventually(t, "the budget is whole again", func() bool { return cfg.Budget.Used() == 0 })
	if st := s.Stats(); st.Busy != 2 || st.BadFrames != 0 {
		t.Errorf("stats %+v", st)
	}
}

// Small requests are free of the budget only up to a few in flight.
func TestManySmallCallsTakeFromTheBudget(t *testing.T) {
	cfg := quick()
	cfg.Budget = wire.NewBudget(10_000)
	s := rpcserver.New(cfg)
	kept := make(keeper, 100)
	s.Handle("Keep", kept.keep)
	c := connect(t, start(t, s))
	body := bytes.Repeat([]byte{'x'}, 1000)
	for id := range uint32(40) {
		c.send(request(id, "Keep", body))
	}
	const room = 16 + 9 // free ones, then ten thousand bytes' worth
	for id := uint32(room); id < 40; id++ {
		c.refused(id, wire.CodeBusy)
	}
	if len(kept) != room {
		t.Fatalf("%d calls in flight, want %d", len(kept), room)
	}
	for range room {
		(<-kept).Reply(nilResult)
		c.reply()
	}
	eventually(t, "the budget is whole again", func() bool { return cfg.Budget.Used() == 0 })
}

// A request that the whole budget could not hold is refused for good, not busy.
func TestRequestLargerThanTheBudget(t *testing.T) {
	cfg := quick()
	cfg.Budget = wire.NewBudget(50 << 10)
	s := rpcserver.New(cfg)
	s.Handle("Echo", echo)
	c := connect(t, start(t, s))
	go c.sendSome(request(1, "Echo", make([]byte, 100<<10)))
	c.refused(1, wire.CodeTooLarge)
}

// A notification cannot be told that there is no room for it: its connection
// ends instead, so that the sender knows that it did not arrive.
func TestNotificationOverTheBudgetEndsTheConnection(t *testing.T) {
	cfg := quick()
	cfg.Budget = wire.NewBudget(100 << 10)
	s := rpcserver.New(cfg)
	s.HandleNotify("Tell", func(context.Context, string, []byte) { t.Error("it was heard") })
	c := connect(t, start(t, s))
	if !cfg.Budget.Acquire(90 << 10) {
		t.Fatal("no budget")
	}
	go c.sendSome(wire.AppendBin(append(wire.AppendNotify(nil, "Tell"), 0x91), make([]byte, 50<<10)))
	c.ended()
	if got := s.Stats().BadFrames; got != 1 {
		t.Errorf("%d bad frames counted, want 1", got)
	}
}

func TestReserveForReplies(t *testing.T) {
	cfg := quick()
	cfg.Budget = wire.NewBudget(100 << 10)
	s := rpcserver.New(cfg)
	value := make([]byte, 60<<10)
	s.Handle("Get", func(_ context.Context, c *rpcserver.Call) {
		if !c.Reserve(len(value)) {
			c.Fail(wire.Errorf(wire.CodeBusy, "too many bytes in flight"))
			return
		}
		if !c.Reserve(1) {
			t.Error("no room for one byte more")
		}
		if c.Reserve(len(value)) {
			t.Error("the budget gave more than it has")
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendBin(buf, value) })
	})
	c := connect(t, start(t, s))
	for id := range uint32(3) {
		c.send(request(id, "Get", nil))
		if m := c.reply(); m.Err != nil || len(m.Result) < len(value) {
			t.Fatalf("reply %d: %d bytes, error %x", m.ID, len(m.Result), m.Err)
		}
	}
	eventually(t, "the budget is whole again", func() bool { return cfg.Budget.Used() == 0 })
}

// flood sends n requests for large replies and reads none.
func flood(t *testing.T, cfg rpcserver.Config, n uint32) (*rpcserver.Server, stranger) {
	t.Helper()
	s := rpcserver.New(cfg)
	value := make([]byte, 256<<10)
	s.Handle("Get", func(_ context.Context, c *rpcserver.Call) {
		c.Reply(func(buf []byte) []byte { return wire.AppendBin(buf, value) })
	})
	c := connect(t, start(t, s))
	var requests []byte // at once: the server may end the connection when it has the first
	for id := range n {
		requests = append(requests, request(id, "Get", nil)...)
	}
	c.send(requests)
	return s, c
}

func TestSlowReaderIsNotReadFrom(t *testing.T) {
	cfg := quick()
	cfg.Budget = wire.NewBudget(1 << 30)
	cfg.MaxOut = 1 << 20
	const calls = 100
	s, c := flood(t, cfg, calls)
	// The sockets take some, the outbox MaxOut and one reply; the rest is not read.
	settled := int64(-1)
	eventually(t, "the server pauses", func() bool {
		last := settled
		settled = s.Stats().Calls
		<-time.After(50 * time.Millisecond)
		return settled == last
	})
	if settled == calls {
		t.Error("all requests were read, though no reply was")
	}
	// A chunk that is partly sent counts in full.
	if used, limit := cfg.Budget.Used(), 2*(cfg.MaxOut+256<<10); used > limit {
		t.Errorf("%d reply bytes wait, want at most %d", used, limit)
	}
	// It was only slow: everything still comes.
	replies := wire.NewFrameReader(c, wire.DefaultLimits(), nil)
	for id := range uint32(calls) {
		frame, _, err := replies.ReadFrame(nil)
		if err != nil || len(frame) < 256<<10 {
			t.Fatalf("reply %d: %d bytes, %v", id, len(frame), err)
		}
	}
}

// pipes is a listener for connections of which the kernel takes nothing: what is not
// read waits in the server.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if nc, ok := <-p; ok {
		return nc, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error { close(p); return nil }

func (pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// Also that there is no room for a reply is a reply. Those who ask for much on many
// connections, and take nothing, would fill the memory with refusals that the budget
// cannot count any more.
func TestRefusalsThatNobodyTakesAreFew(t *testing.T) {
	cfg := quick()
	cfg.Budget = wire.NewBudget(1 << 20)
	if !cfg.Budget.Acquire(cfg.Budget.Limit()) {
		t.Fatal("no budget")
	}
	s := rpcserver.New(cfg)
	s.Handle("Get", func(_ context.Context, c *rpcserver.Call) {
		if c.Reserve(1 << 20) {
			t.Error("there was room")
		}
		c.Fail(wire.Errorf(wire.CodeBusy, "too many bytes in flight"))
	})
	ln := make(pipes)
	startOn(t, s, ln)
	near, far := net.Pipe()
	defer near.Close()
	ln <- far

	// The server reads until it does not want any more.
	const enough = 40_000
	asked := uint32(0)
	for ; asked < enough; asked++ {
		if err := near.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if n, err := near.Write(request(asked, "Get", nil)); n == 0 && isTimeout(err) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	size := int64(len(wire.AppendResponseError(nil, 1<<15, wire.Errorf(wire.CodeBusy, "too many bytes in flight"))))
	if waiting, most := s.Stats().Busy*size, int64(36<<10); waiting > most {
		t.Errorf("%d bytes of refusals wait, want at most %d", waiting, most)
	}

	// Who takes them in the end has them all, and is read from again.
	answered := make(chan error, 1)
	go func() {
		replies := wire.NewFrameReader(near, wire.DefaultLimits(), nil)
		for range asked + 1 {
			if _, _, err := replies.ReadFrame(nil); err != nil {
				answered <- err
				return
			}
		}
		answered <- nil
	}()
	if err := near.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := near.Write(request(asked, "Get", nil)); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
}

func TestReaderThatTakesNothingIsClosed(t *testing.T) {
	cfg := quick()
	cfg.Budget = wire.NewBudget(1 << 30)
	cfg.WriteTimeout = 100 * time.Millisecond
	s, _ := flood(t, cfg, 200)
	eventually(t, "the connection has been taken", func() bool { return s.Stats().Accepted == 1 })
	eventually(t, "the connection is closed", func() bool { return s.Stats().Conns == 0 })
	eventually(t, "the budget is whole again", func() bool { return cfg.Budget.Used() == 0 })
	if n := s.Stats().TooSlow; n != 1 {
		t.Errorf("%d slow readers are counted", n)
	}
}

// One that takes something always, but too little, keeps its share of the budget no
// longer than one that takes nothing.
func TestTrickleReaderIsClosed(t *testing.T) {
	cfg := quick()
	cfg.Budget = wire.NewBudget(1 << 30)
	cfg.WriteTimeout, cfg.LeastRate = time.Second, 1<<30
	core, logs := observer.New(zap.WarnLevel)
	cfg.Log = zap.New(core)
	s := rpcserver.New(cfg)
	value := make([]byte, 256<<20)
	s.Handle("Get", func(_ context.Context, c *rpcserver.Call) {
		c.ReplyLent(func(buf []byte) []byte { return wire.AppendBinHeader(buf, len(value)) }, &rpcconn.Loan{Bytes: value, Done: func() {}})
	})
	c := connect(t, start(t, s))
	c.send(request(1, "Get", nil))
	buf := make([]byte, 64<<10)
	eventually(t, "the connection is closed", func() bool {
		_, _ = c.Read(buf) // fails at the end
		return s.Stats().Conns == 0 && s.Stats().Calls > 0
	})
	eventually(t, "the budget is whole again", func() bool { return cfg.Budget.Used() == 0 })
	if n := s.Stats().TooSlow; n != 1 || logs.Len() != 1 {
		t.Errorf("%d slow readers are counted, %d warned of", n, logs.Len())
	}
}

// A reader that is slow but takes something within every WriteTimeout lives.
func TestSteadySlowReaderLives(t *testing.T) {
	cfg := quick()
	cfg.WriteTimeout = 2 * time.Second // in which the test must get the processor
	s := rpcserver.New(cfg)
	value := make([]byte, 16<<20)
	s.Handle("Get", func(_ context.Context, c *rpcserver.Call) {
		c.Reply(func(buf []byte) []byte { return wire.AppendBin(buf, value) })
	})
	c := connect(t, start(t, s))
	if err := c.SetReadBuffer(64 << 10); err != nil {
		t.Fatal(err)
	}
	c.send(request(1, "Get", nil))
	buf := make([]byte, 1<<20)
	began := time.Now()
	total := 0
	for total < len(value) {
		n, err := c.Read(buf)
		if err != nil {
			t.Fatalf("after %d bytes: %v", total, err)
		}
		total += n
		if time.Since(began) < 3*cfg.WriteTimeout/2 {
			<-time.After(20 * time.Millisecond)
		}
	}
}
