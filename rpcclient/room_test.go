package rpcclient

import (
	"bytes"
	"context"
	"testing"

	"pikv/wire"
)

// response is the reply to id, with a bin of n bytes that are all c.
func response(id uint32, c byte, n int) []byte {
	return wire.AppendBin(wire.AppendResponseOK(nil, id), bytes.Repeat([]byte{c}, n))
}

func TestRepliesAreReadIntoTheSameRoom(t *testing.T) {
	p, c := pull(t, Config{})
	room := &Room{Expect: 300 << 10}
	var first *byte
	for i, size := range []int{300 << 10, 100 << 10, 300 << 10} {
		var got []byte
		done := make(chan error, 1)
		go func() { done <- c.CallInto(t.Context(), never, room, "Get", nil, nil, into(&got)) }()
		p.send(response(p.next().ID, byte(i), size))
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if len(got) != size || bytes.Count(got, []byte{byte(i)}) != size {
			t.Fatalf("reply %d: other bytes", i)
		}
		if first == nil {
			first = &got[0]
		} else if first != &got[0] {
			t.Errorf("reply %d lies elsewhere", i)
		}
	}
}

// A reply that nobody waits for any more is not read over what its caller reads
// next into the same room.
func TestAnAbandonedReplyLosesItsRoom(t *testing.T) {
	p, c := pull(t, Config{})
	room := &Room{buf: make([]byte, 400<<10)}
	ctx, cancel := context.WithCancel(t.Context())
	given := make(chan error, 1)
	go func() { given <- c.CallInto(ctx, never, room, "Get", nil, nil, nil) }()
	late := response(p.next().ID, 1, 300<<10)
	p.send(late[:200<<10])
	eventually(t, "the room is taken", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return room.buf == nil
	})
	cancel()
	if err := <-given; err == nil {
		t.Fatal("no error")
	}

	var got []byte
	room.Expect = 300 << 10
	done := make(chan error, 1)
	go func() { done <- c.CallInto(t.Context(), never, room, "Get", nil, nil, into(&got)) }()
	next := p.next().ID
	p.send(late[200<<10:])
	p.send(response(next, 2, 300<<10))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if bytes.Count(got, []byte{2}) != 300<<10 {
		t.Error("the late reply lies in it")
	}
}

// What nobody has asked for, or waits for any more, does not stay in memory for as
// long as the connection lives, however large it was.
func TestWhatNobodyWaitsForLeavesItsRoom(t *testing.T) {
	const large = 4 << 20
	for name, unwanted := range map[string]func(late uint32) []byte{
		"a late reply":   func(late uint32) []byte { return response(late, 1, large) },
		"a notification": func(uint32) []byte { return bin(make([]byte, large))(wire.AppendNotify(nil, "Tell")) },
	} {
		t.Run(name, func(t *testing.T) {
			p, c := pull(t, Config{})
			ctx, cancel := context.WithCancel(t.Context())
			given := going(ctx, c, "Get")
			late := p.next().ID
			cancel()
			comesTo(t, given, ErrBroken)
			p.send(unwanted(late))
			next := going(t.Context(), c, "Get")
			p.reply(p.next().ID, 1)
			comesTo(t, next, nil)
			c.Close() // nobody reads any more
			if room := cap(c.buf); room > copyReply {
				t.Errorf("the connection keeps %d bytes", room)
			}
		})
	}
}

// What was not expected gets room only as it arrives.
func TestRoomForNoMoreThanExpected(t *testing.T) {
	room := &Room{Expect: 100 << 10}
	if room.take(200<<10) != nil || room.buf != nil {
		t.Error("it gave out more")
	}
	if buf := room.take(100<<10 + slack); cap(buf) < 100<<10+slack || len(buf) > 0 {
		t.Errorf("%d of %d bytes", len(buf), cap(buf))
	}
}
