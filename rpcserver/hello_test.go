package rpcserver_test

import (
	"bytes"
	"context"
	"testing"

	"pikv/rpcserver"
	"pikv/wire"
)

// withPeers is a server that takes whoever says "friend" for a peer, and
// counts what peers tell it.
func withPeers(cfg rpcserver.Config) (s *rpcserver.Server, heard chan int) {
	s = rpcserver.New(cfg)
	heard = make(chan int, 1000)
	s.HandleHello("Peer", func(_ string, params []byte) error {
		switch {
		case bytes.Contains(params, []byte("friend")):
			return nil
		case bytes.Contains(params, []byte("panic")):
			panic("boom")
		default:
			return wire.Errorf(wire.CodeStale, "not for you")
		}
	})
	s.HandleNotify("Peer", func(_ context.Context, _ string, params []byte) { heard <- len(params) })
	s.Handle("Echo", echo)
	return s, heard
}

func tell(size int) []byte {
	return wire.AppendBin(wire.AppendArrayHeader(wire.AppendNotify(nil, "Peer"), 1), make([]byte, size))
}

// greet says hello.
func (s stranger) greet() {
	s.t.Helper()
	s.send(request(7, "Peer", []byte("friend")))
	s.expect(literal(s.t, "94 01 07 c0 c0"))
}

func TestPeersHaveRoomWhenClientsHaveTakenAll(t *testing.T) {
	cfg := quick()
	cfg.MaxConns, cfg.MaxPeers = 2, 2
	cfg.Budget = wire.NewBudget(100 << 10)
	s, heard := withPeers(cfg)
	addr := start(t, s)
	for range 2 {
		connect(t, addr).send(request(1, "Echo", nil))
	}
	eventually(t, "the clients' places are taken", func() bool { return s.Stats().Conns == 2 })
	if !cfg.Budget.Acquire(100 << 10) {
		t.Fatal("no budget")
	}
	first, second := connect(t, addr), connect(t, addr)
	for i, peer := range []stranger{first, second} {
		peer.greet()
		peer.send(tell(200 << 10)) // more than clients may ever send
		if n := <-heard; n < 200<<10 {
			t.Fatalf("%d bytes heard", n)
		}
		if st := s.Stats(); st.Peers != int64(i+1) || st.Conns != int64(i+3) || st.Refused != 0 {
			t.Fatalf("stats %+v", st)
		}
	}
	third := connect(t, addr)
	third.send(request(7, "Peer", []byte("friend")))
	third.refused(7, wire.CodeBusy)
	third.ended()
	client := connect(t, addr)
	client.send(request(8, "Echo", nil))
	client.refused(8, wire.CodeBusy)
	first.hangUp()
	eventually(t, "a peer's place is free", func() bool { return s.Stats().Peers == 1 })
	connect(t, addr).greet()
}

// A peer that found an ordinary place gives it back.
func TestAPeerTakesNoClientsPlace(t *testing.T) {
	cfg := quick()
	cfg.MaxConns = 1
	s, _ := withPeers(cfg)
	addr := start(t, s)
	for range 3 {
		peer := connect(t, addr)
		peer.greet()
		peer.greet() // twice does no harm
	}
	c := connect(t, addr)
	c.send(request(1, "Echo", nil))
	if m := c.reply(); m.Err != nil {
		t.Fatalf("reply %+v", m)
	}
	if st := s.Stats(); st.Peers != 3 || st.Refused != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestPeersTrafficIsBounded(t *testing.T) {
	cfg := quick()
	cfg.PeerBudget = wire.NewBudget(100 << 10)
	s, heard := withPeers(cfg)
	addr := start(t, s)
	peer := connect(t, addr)
	peer.greet()
	peer.send(tell(60 << 10))
	<-heard
	eventually(t, "the budget is whole again", func() bool { return cfg.PeerBudget.Used() == 0 })
	if !cfg.PeerBudget.Acquire(60 << 10) {
		t.Fatal("no budget")
	}
	go peer.sendSome(tell(60 << 10))
	peer.ended()
	cfg.PeerBudget.Release(60 << 10)

	peer = connect(t, addr)
	peer.greet()
	go peer.sendSome(tell(110 << 10)) // more than the whole budget
	peer.ended()
	if len(heard) > 0 {
		t.Error("it was heard")
	}
}

func TestAHelloThatIsNotWelcome(t *testing.T) {
	s, heard := withPeers(quick())
	addr := start(t, s)
	c := connect(t, addr)
	c.send(request(1, "Peer", []byte("enemy")))
	c.refused(1, wire.CodeStale)
	c.send(request(2, "Peer", []byte("panic")))
	c.refused(2, wire.CodeInternal)
	c.send(request(3, "Peer", bytes.Repeat([]byte("friend"), 2<<10)))
	c.refused(3, wire.CodeBadRequest)
	c.send(append(request(4, "Peer", []byte("friend")), tell(1)...))
	c.refused(4, wire.CodeBadRequest)
	c.ended() // and what followed was not taken from it
	if len(heard) > 0 || s.Stats().Peers != 0 || s.Stats().Panics != 1 {
		t.Errorf("%d heard, %+v", len(heard), s.Stats())
	}
}

// Calls in flight may wait for what a peer says: it is heard until they end.
func TestPeersAreHeardWhileCloseWaits(t *testing.T) {
	s, heard := withPeers(quick())
	kept := make(keeper, 10)
	s.Handle("Keep", kept.keep)
	addr := start(t, s)
	c, peer := connect(t, addr), connect(t, addr)
	peer.greet()
	c.send(request(1, "Keep", nil))
	call := <-kept
	closed := make(chan error, 1)
	go func() { closed <- s.Close(context.Background()) }()
	<-s.Stopping()
	for range 3 {
		never(t, "it closes with a call in flight", func() bool { return len(closed) > 0 })
		peer.send(tell(1))
		<-heard
	}
	call.Reply(nilResult)
	c.expect(literal(t, "94 01 01 c0 c0"))
	over := make(chan struct{})
	go func() { // it never falls silent
		defer close(over)
		for {
			if _, err := peer.Write(tell(1)); err != nil {
				return
			}
			if len(heard) > cap(heard)/2 {
				<-heard
			}
		}
	}()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	peer.hangUp()
	<-over
}
