package rpcserver_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"pikv/rpcserver"
	"pikv/wire"
)

func TestPanicFailsOnlyItsCall(t *testing.T) {
	cfg, logs := observed()
	s := rpcserver.New(cfg)
	boom := func(context.Context, *rpcserver.Call) { panic("boom") }
	s.Handle("Fast", boom)
	s.HandleSlow("Slow", boom)
	s.Handle("Result", func(_ context.Context, c *rpcserver.Call) {
		c.Reply(func(buf []byte) []byte {
			buf = append(buf, "half a resu"...)
			panic("boom" + string(buf[:0]))
		})
	})
	s.Handle("After", func(_ context.Context, c *rpcserver.Call) {
		c.Reply(nilResult)
		panic("boom")
	})
	s.HandleNotify("Tell", func(context.Context, string, []byte) { panic("boom") })
	s.HandleSlow("Silent", func(context.Context, *rpcserver.Call) {})
	s.Handle("Echo", echo)
	c := connect(t, start(t, s))

	for i, method := range []string{"Fast", "Slow", "Result"} {
		c.send(request(uint32(i), method, nil))
		c.refused(uint32(i), wire.CodeInternal)
		entries := logs.FilterMessage("handler panicked").All()
		if len(entries) != i+1 {
			t.Fatalf("%s: %d panics logged, want %d", method, len(entries), i+1)
		}
		stack, _ := entries[i].ContextMap()["stack"].(string)
		if !strings.Contains(stack, "TestPanicFailsOnlyItsCall") {
			t.Errorf("%s: the stack does not show the handler:\n%s", method, stack)
		}
	}
	c.send(request(4, "After", nil))
	c.expect(literal(t, "94 01 04 c0 c0"))
	c.send(request(5, "Silent", nil))
	c.refused(5, wire.CodeInternal)
	c.send(append(wire.AppendNotify(nil, "Tell"), 0x90))
	c.send(request(6, "Echo", nil))
	c.expect(literal(t, "94 01 06 c0 91 c400"))
	if st := s.Stats(); st.Panics != 5 {
		t.Errorf("stats %+v", st)
	}
	// A reply may arrive before its call is counted as over: closing counts on
	// the reply being in the outbox by then.
	eventually(t, "no call is in flight", func() bool { return s.Stats().InFlight == 0 })
}

func TestSecondReplyIsDropped(t *testing.T) {
	cfg, logs := observed()
	s := rpcserver.New(cfg)
	s.Handle("Twice", func(_ context.Context, c *rpcserver.Call) {
		c.Reply(nilResult)
		c.Fail(errors.New("and another"))
	})
	c := connect(t, start(t, s))
	for id := range uint32(2) {
		c.send(request(id, "Twice", nil))
		if m := c.reply(); m.ID != id || m.Err != nil {
			t.Fatalf("reply %+v", m)
		}
	}
	if got := logs.FilterMessageSnippet("second reply").Len(); got != 2 {
		t.Errorf("%d second replies logged, want 2", got)
	}
}

func TestErrorsKeepTheirCode(t *testing.T) {
	s := rpcserver.New(quick())
	s.Handle("Moved", func(_ context.Context, c *rpcserver.Call) {
		c.Fail(&wire.Error{Code: wire.CodeMoved, Text: "elsewhere", Owner: "10.0.0.1:7700", Epoch: 9})
	})
	s.Handle("Plain", func(_ context.Context, c *rpcserver.Call) { c.Fail(errors.New("disk on fire")) })
	c := connect(t, start(t, s))
	c.send(request(1, "Moved", nil))
	if _, e := c.refusal(); e.Code != wire.CodeMoved || e.Owner != "10.0.0.1:7700" || e.Epoch != 9 {
		t.Errorf("got %+v", e)
	}
	c.send(request(2, "Plain", nil))
	if _, e := c.refusal(); e.Code != wire.CodeInternal || e.Text != "disk on fire" {
		t.Errorf("got %+v", e)
	}
}

func TestBodies(t *testing.T) {
	s := rpcserver.New(quick())
	s.Handle("Drain", func(_ context.Context, c *rpcserver.Call) {
		var req wire.DrainRequest
		if err := c.Body(&req); err != nil {
			c.Fail(err)
			return
		}
		c.ReplyBody(wire.DrainReply{Left: len(req.Node)})
	})
	s.Handle("Bad", func(_ context.Context, c *rpcserver.Call) { c.ReplyBody(make(chan int)) })
	c := connect(t, start(t, s))
	send := func(id uint32, method string, body any) {
		t.Helper()
		buf, err := wire.AppendBodyParams(wire.AppendRequest(nil, id, method), body)
		if err != nil {
			t.Fatal(err)
		}
		c.send(buf)
	}
	send(1, "Drain", wire.DrainRequest{Node: "seven.7"})
	var reply wire.DrainReply
	if err := wire.UnmarshalBody(c.reply().Result, &reply); err != nil || reply.Left != 7 {
		t.Errorf("got %+v, %v", reply, err)
	}
	send(2, "Drain", nil)
	c.refused(2, wire.CodeBadRequest)
	send(3, "Bad", nil)
	c.refused(3, wire.CodeInternal)
}

// Detached parameters stay as they are while later calls come and go.
func TestDetach(t *testing.T) {
	s := rpcserver.New(quick())
	var mu sync.Mutex
	var kept [][]byte
	s.Handle("Keep", func(_ context.Context, c *rpcserver.Call) {
		c.Detach()
		mu.Lock()
		kept = append(kept, c.Params)
		mu.Unlock()
		c.Reply(nilResult)
	})
	c := connect(t, start(t, s))
	for id := range uint32(50) {
		c.send(request(id, "Keep", []byte{byte(id), byte(id)}))
		c.reply()
	}
	for i, params := range kept {
		if want := string([]byte{0x91, 0xc4, 2, byte(i), byte(i)}); string(params) != want {
			t.Fatalf("parameters %d became %x", i, params)
		}
	}
}

// Parameters stay valid until the reply, however late, and whatever comes meanwhile.
func TestLateRepliesFromManyGoroutines(t *testing.T) {
	s := rpcserver.New(quick())
	kept := make(keeper, 1000)
	s.Handle("Keep", kept.keep)
	c := connect(t, start(t, s))
	const calls = 300
	go func() {
		for id := range uint32(calls) {
			c.sendSome(request(id, "Keep", []byte{byte(id >> 8), byte(id)}))
		}
	}()
	var repliers sync.WaitGroup
	for range 4 {
		repliers.Go(func() {
			for range calls / 4 {
				call := <-kept
				call.Reply(func(buf []byte) []byte { return append(buf, call.Params...) })
			}
		})
	}
	seen := make(map[uint32]bool)
	for range calls {
		m := c.reply()
		if want := string([]byte{0x91, 0xc4, 2, byte(m.ID >> 8), byte(m.ID)}); string(m.Result) != want {
			t.Fatalf("reply %d is %x", m.ID, m.Result)
		}
		seen[m.ID] = true
	}
	if len(seen) != calls {
		t.Errorf("%d different replies, want %d", len(seen), calls)
	}
	repliers.Wait()
}

// TestNoGarbagePerCall sends the same request over and over and counts what
// the server allocates for it.
func TestNoGarbagePerCall(t *testing.T) {
	s := rpcserver.New(quick())
	value := make([]byte, 128)
	s.Handle(wire.MethodGet, func(_ context.Context, c *rpcserver.Call) {
		if _, _, err := wire.DecodeGet(c.Params); err != nil {
			c.Fail(err)
			return
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, value, true) })
	})
	c := connect(t, start(t, s))
	req := request(1, wire.MethodGet, []byte("k"))
	reply := make([]byte, 5+2+len(value)-1)
	const calls = 2000
	allocs := testing.AllocsPerRun(1, func() { // the mean of more runs is cut to an integer
		for range calls {
			if _, err := c.Write(req); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Read(reply); err != nil {
				t.Fatal(err)
			}
		}
	}) / calls
	if allocs > 0.05 && !raceEnabled {
		t.Errorf("%v allocations per call", allocs)
	}
}

// A connection that ends takes none of its calls from the count, not for a moment.
func TestTheCountOfCallsNeverGoesBack(t *testing.T) {
	s := rpcserver.New(quick())
	s.Handle("Echo", echo)
	addr := start(t, s)
	over, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for last := int64(0); ; {
			calls := s.Stats().Calls
			if calls < last {
				t.Errorf("%d calls after %d", calls, last)
			}
			last = calls
			select {
			case <-over:
				return
			default:
			}
		}
	}()
	const conns = 200
	for range conns {
		c := connect(t, addr)
		c.send(request(1, "Echo", nil))
		c.reply()
		c.hangUp()
	}
	eventually(t, "all have ended", func() bool { return s.Stats().Conns == 0 })
	close(over)
	<-watched
	if got := s.Stats().Calls; got != conns {
		t.Errorf("%d calls counted, want %d", got, conns)
	}
}
