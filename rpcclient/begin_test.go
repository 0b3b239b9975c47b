package rpcclient

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"pikv/rpcconn"
	"pikv/rpcserver"
	"pikv/wire"
)

// outcome is what a receiver got.
type outcome struct {
	result []byte
	err    error
}

// outcomes receives.
type outcomes chan outcome

func (o outcomes) Receive(result []byte, err error) { o <- outcome{bytes.Clone(result), err} }

// next waits for the next outcome.
func (o outcomes) next(t *testing.T) outcome {
	t.Helper()
	select {
	case got := <-o:
		return got
	case <-within(t).Done():
		t.Fatal("nothing was received")
		return outcome{}
	}
}

func TestBeginGivesReplyAndErrorToTheReceiver(t *testing.T) {
	_, addr := serve(t, rpcserver.Config{}, func(s *rpcserver.Server) { s.Handle("Echo", echo) })
	for name, bursts := range map[string]*rpcconn.Bursts{"with bursts": new(rpcconn.Bursts), "without": nil} {
		t.Run(name, func(t *testing.T) {
			c, got := dial(t, addr, Config{Bursts: bursts, Patience: patience}), make(outcomes, 1)
			param := bin([]byte("hello"))(nil)
			if err := c.Begin("Echo", param, got); err != nil {
				t.Fatal(err)
			}
			if o := got.next(t); o.err != nil || !bytes.Equal(o.result, param[1:]) {
				t.Errorf("received %x, %v", o.result, o.err)
			}
			if err := c.Begin("None", param, got); err != nil {
				t.Fatal(err)
			}
			var answer *wire.Error
			if o := got.next(t); !errors.As(o.err, &answer) || answer.Code != wire.CodeUnknownMethod || o.result != nil {
				t.Errorf("received %x, %v", o.result, o.err)
			}
		})
	}
}

// Every begun call has one outcome, on a connection that ends with calls of both
// kinds in flight.
func TestBegunCallsEndWithTheirConnection(t *testing.T) {
	const calls = 10
	p, c := pull(t, Config{Patience: patience})
	got := make(outcomes, calls+1)
	for range calls {
		if err := c.Begin("Never", []byte{0x90}, got); err != nil {
			t.Fatal(err)
		}
	}
	waits := going(within(t), c, "Never")
	for range calls + 1 {
		p.next()
	}
	p.Close()
	for range calls {
		if o := got.next(t); !errors.Is(o.err, ErrBroken) {
			t.Errorf("received %v", o.err)
		}
	}
	if err := <-waits; !errors.Is(err, ErrBroken) {
		t.Errorf("call: %v", err)
	}
	if err := c.Begin("Never", []byte{0x90}, got); !errors.Is(err, ErrNotSent) {
		t.Errorf("begin on a dead connection: %v", err)
	}
	c.Close()
	if len(got) != 0 {
		t.Errorf("a second outcome: %v", <-got)
	}
}

func TestBegunCallsEndWhenTheOtherSideIsSilent(t *testing.T) {
	p, c := pull(t, Config{Patience: 5 * time.Millisecond})
	got := make(outcomes, 1)
	for range 2 { // the second time after none was waiting
		if err := c.Begin("Never", []byte{0x90}, got); err != nil {
			t.Fatal(err)
		}
		m := p.next()
		if o := got.next(t); !errors.Is(o.err, errLate) || !errors.Is(o.err, ErrBroken) {
			t.Errorf("received %v", o.err)
		}
		p.reply(m.ID, 1) // too late, which is no reason to end the connection
	}
	waits := going(within(t), c, "Slow")
	p.reply(p.next().ID, 1)
	if err := <-waits; err != nil {
		t.Error(err)
	}
	if len(got) != 0 {
		t.Errorf("a second outcome: %v", <-got)
	}
}

// Calls that somebody waits for have patience of their own.
func TestBegunCallsLateDoNotEndOthers(t *testing.T) {
	p, c := pull(t, Config{Patience: 5 * time.Millisecond})
	waits := going(within(t), c, "Slow")
	m := p.next()
	got := make(outcomes, 1)
	if err := c.Begin("Never", []byte{0x90}, got); err != nil {
		t.Fatal(err)
	}
	got.next(t)
	p.reply(m.ID, 1)
	if err := <-waits; err != nil {
		t.Error(err)
	}
}

func TestBeginWaitsForNoRoom(t *testing.T) {
	const most = 1000
	addr, accepted := silent(t)
	c, got := dial(t, addr, Config{MaxOut: 1 << 10, Patience: patience}), make(outcomes, most)
	defer (<-accepted).Close()
	param := bin(make([]byte, 1<<20))(nil)
	begun := 0
	var err error
	for ; begun < most; begun++ {
		if err = c.Begin("Put", param, got); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrNotSent) || !errors.Is(err, rpcconn.ErrFull) {
		t.Fatalf("after %d calls: %v", begun, err)
	}
	c.Close()
	if len(got) != begun {
		t.Errorf("%d outcomes of %d calls that were begun", len(got), begun)
	}
}

func TestARetiringServerIsNotAskedAgain(t *testing.T) {
	p, c := pull(t, Config{Patience: patience})
	got := make(outcomes, 1)
	if err := c.Begin("Get", []byte{0x90}, got); err != nil {
		t.Fatal(err)
	}
	p.send(wire.AppendResponseError(nil, p.next().ID, wire.Errorf(wire.CodeShuttingDown, "over")))
	var answer *wire.Error
	if o := got.next(t); !errors.As(o.err, &answer) || answer.Code != wire.CodeShuttingDown {
		t.Errorf("received %v", o.err)
	}
	p.hungUp()
	if c.Usable() {
		t.Error("the connection takes calls still")
	}
}
