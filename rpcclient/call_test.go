package rpcclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"pikv/rpcserver"
	"pikv/wire"
)

func TestCall(t *testing.T) {
	_, addr := serve(t, rpcserver.Config{}, func(s *rpcserver.Server) {
		s.Handle("Echo", echo)
		s.Handle("Nothing", func(_ context.Context, c *rpcserver.Call) {
			if string(c.Params) != "\x90" {
				t.Errorf("parameters %x, want an empty array", c.Params)
			}
			c.Reply(wire.AppendNil)
		})
		s.Handle("Moved", func(_ context.Context, c *rpcserver.Call) {
			c.Fail(&wire.Error{Code: wire.CodeMoved, Text: "elsewhere", Owner: "10.0.0.1:7700", Epoch: 9})
		})
	})
	c := dial(t, addr, Config{})
	ctx := within(t)
	var got []byte
	if err := c.Call(ctx, "Echo", bin([]byte("hello")), into(&got)); err != nil || string(got) != "hello" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := c.Call(ctx, "Nothing", nil, nil); err != nil {
		t.Error(err)
	}
	var e *wire.Error
	if err := c.Call(ctx, "Moved", nil, nil); !errors.As(err, &e) || e.Owner != "10.0.0.1:7700" || e.Epoch != 9 {
		t.Errorf("got %v", err)
	}
	if err := c.Call(ctx, "Nope", nil, nil); !errors.Is(err, &wire.Error{Code: wire.CodeUnknownMethod}) {
		t.Errorf("got %v", err)
	}
	if c.Addr() != addr || !c.Usable() || c.Silence() > patience {
		t.Errorf("%s, usable %v, silent for %v", c.Addr(), c.Usable(), c.Silence())
	}
}

// What result says is the error, unless the reply itself is unreadable.
func TestResultErrors(t *testing.T) {
	_, addr := serve(t, rpcserver.Config{}, func(s *rpcserver.Server) { s.Handle("Echo", echo) })
	c := dial(t, addr, Config{})
	own := errors.New("not what I wanted")
	err := c.Call(within(t), "Echo", bin(nil), func(*wire.Decoder) error { return own })
	if !errors.Is(err, own) || errors.Is(err, ErrBroken) {
		t.Errorf("got %v", err)
	}
	err = c.Call(within(t), "Echo", bin(nil), func(d *wire.Decoder) error {
		d.Uint()
		return d.Err()
	})
	if !errors.Is(err, ErrBroken) || !errors.Is(err, wire.ErrType) {
		t.Errorf("wrong type: got %v", err)
	}
	err = c.Call(within(t), "Echo", bin(nil), func(*wire.Decoder) error { return nil })
	if !errors.Is(err, ErrBroken) {
		t.Errorf("result left unread: got %v", err)
	}
}

func TestCallBody(t *testing.T) {
	_, addr := serve(t, rpcserver.Config{}, func(s *rpcserver.Server) {
		s.HandleSlow("Drain", func(_ context.Context, c *rpcserver.Call) {
			var req wire.DrainRequest
			if err := c.Body(&req); err != nil {
				c.Fail(err)
				return
			}
			c.ReplyBody(wire.DrainReply{Left: len(req.Node)})
		})
		s.Handle("Echo", echo)
	})
	c := dial(t, addr, Config{})
	reply := wire.DrainReply{Left: 99}
	if err := c.CallBody(within(t), "Drain", wire.DrainRequest{Node: "four"}, &reply); err != nil || reply.Left != 4 {
		t.Errorf("got %+v, %v", reply, err)
	}
	if err := c.CallBody(within(t), "Drain", wire.DrainRequest{}, nil); err != nil {
		t.Errorf("result dropped: %v", err)
	}
	if err := c.CallBody(within(t), "Drain", nil, &reply); !errors.Is(err, &wire.Error{Code: wire.CodeBadRequest}) {
		t.Errorf("no parameters: %v", err)
	}
	if err := c.CallBody(within(t), "Drain", make(chan int), &reply); !errors.Is(err, ErrNotSent) {
		t.Errorf("parameters that cannot be encoded: %v", err)
	}
	if err := c.CallBody(within(t), "Echo", wire.ChangeRequest{Changes: []byte("x")}, &struct {
		MasterID []string `codec:"master"`
	}{}); !errors.Is(err, ErrBroken) {
		t.Errorf("a result that cannot be decoded: %v", err)
	}
}

// TestManyCallersOnOneConnection mixes small and large calls, answered at once
// and later, and checks that everyone gets the reply to his own request, in
// bytes that nobody writes to afterwards.
func TestManyCallersOnOneConnection(t *testing.T) {
	for _, procs := range []int{1, runtime.GOMAXPROCS(0)} {
		t.Run(fmt.Sprintf("procs=%d", procs), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			var later sync.WaitGroup
			s, addr := serve(t, rpcserver.Config{MaxCallsPerConn: 20, MaxOut: 200 << 10}, func(s *rpcserver.Server) {
				s.Handle("Echo", echo)
				s.HandleSlow("Slow", echo)
				s.Handle("Later", func(ctx context.Context, c *rpcserver.Call) { later.Go(func() { echo(ctx, c) }) })
			})
			defer later.Wait()
			c := dial(t, addr, Config{MaxOut: 100 << 10})
			ctx := within(t)
			const callers, calls = 30, 40
			var wg sync.WaitGroup
			for caller := range callers {
				wg.Go(func() {
					kept := make([][]byte, calls)
					for i := range calls {
						method := []string{"Echo", "Slow", "Later"}[(caller+i)%3]
						if err := c.Call(ctx, method, bin(payload(caller, i)), into(&kept[i])); err != nil {
							t.Errorf("caller %d, call %d: %v", caller, i, err)
							return
						}
					}
					for i, got := range kept {
						if !bytes.Equal(got, payload(caller, i)) {
							t.Errorf("caller %d, call %d: wrong reply", caller, i)
							return
						}
					}
				})
			}
			wg.Wait()
			if st := s.Stats(); st.Calls != callers*calls || st.BadFrames != 0 || st.Busy != 0 {
				t.Errorf("stats %+v", st)
			}
		})
	}
}

func payload(caller, i int) []byte {
	size := 1 + (caller*7+i*13)%300
	if i%20 == 19 {
		size = 20<<10 + caller
	}
	return bytes.Repeat([]byte{byte(caller), byte(i), 7}, size)
}

// TestGarbagePerCall counts allocations of both ends: the bytes of the reply,
// which the caller keeps, are the only ones.
func TestGarbagePerCall(t *testing.T) {
	_, addr := serve(t, rpcserver.Config{}, func(s *rpcserver.Server) {
		s.Handle(wire.MethodGet, func(_ context.Context, c *rpcserver.Call) {
			c.Reply(func(buf []byte) []byte { return wire.AppendGetResult(buf, []byte("value"), true) })
		})
	})
	c := dial(t, addr, Config{})
	params := func(buf []byte) []byte { return wire.AppendGet(buf, []byte("k"), wire.Options{}) }
	result := func(d *wire.Decoder) error {
		_, _, err := wire.DecodeGetResult(d)
		return err
	}
	ctx := context.Background()
	allocs := testing.AllocsPerRun(2000, func() {
		if err := c.Call(ctx, wire.MethodGet, params, result); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 1.5 && !raceEnabled {
		t.Errorf("%v allocations per call, want the reply's bytes only", allocs)
	}
}

func TestNotify(t *testing.T) {
	heard := make(chan string, 10)
	_, addr := serve(t, rpcserver.Config{}, func(s *rpcserver.Server) {
		s.HandleNotify("Tell", func(_ context.Context, _ string, params []byte) { heard <- string(params) })
	})
	c := dial(t, addr, Config{})
	if err := c.Notify(within(t), "Tell", bin([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	if err := c.Notify(within(t), "Tell", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.TryNotify("Tell", bin([]byte("y"))); err != nil {
		t.Fatal(err)
	}
	if got := <-heard + <-heard + <-heard; got != "\x91\xc4\x01x\x90\x91\xc4\x01y" {
		t.Errorf("heard %x", got)
	}
	c.end()
	if err := c.Notify(within(t), "Tell", nil); !errors.Is(err, ErrNotSent) {
		t.Errorf("after close: %v", err)
	}
	if err := c.TryNotify("Tell", bin(nil)); !errors.Is(err, ErrNotSent) {
		t.Errorf("after close: %v", err)
	}
}

func TestPanickingParams(t *testing.T) {
	_, addr := serve(t, rpcserver.Config{}, func(s *rpcserver.Server) { s.Handle("Echo", echo) })
	c := dial(t, addr, Config{})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = c.Call(within(t), "Echo", func([]byte) []byte { panic("boom") }, nil)
	}()
	var got []byte
	if err := c.Call(within(t), "Echo", bin([]byte("still here")), into(&got)); err != nil || string(got) != "still here" {
		t.Errorf("got %q, %v", got, err)
	}
	if n := c.waiting(); n != 0 {
		t.Errorf("%d calls wait", n)
	}
}

// waiting is the number of calls that wait for a reply.
func (c *Conn) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.mu.waiters)
}
