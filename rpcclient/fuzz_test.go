package rpcclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"testing"
	"time"

	"pikv/wire"
)

// The calls of FuzzConnection, by their ids.
const (
	callPlain = iota
	callRoom  // its reply is read into a Room
	callBegun
	callBody
	callGet
	calls
)

// fuzzLimits are so small that the fuzzer finds them.
var fuzzLimits = wire.Limits{Key: 100, Value: 4 << 10, Frame: 8 << 10, Depth: 8, Elements: 256}

// FuzzConnection is the server of a client that has made calls: its bytes come in two
// pieces, and then the connection ends. Each call has the outcome that these bytes
// give it, once, the memory is bounded by them, and the client can be closed. With
// alone there is only the plain call, of a caller that reads its reply itself.
func FuzzConnection(f *testing.F) {
	for _, stream := range answers() {
		f.Add(stream, uint16(len(stream)), false)
		f.Add(stream, uint16(len(stream)/2), true)
		f.Add(stream[:len(stream)*3/4], uint16(1), false)
	}
	ln, err := net.Listen("unix", filepath.Join(f.TempDir(), "s")) // not TCP: its ports would run out
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { ln.Close() })
	cfg := Config{Limits: fuzzLimits, Patience: patience, Dialer: func(ctx context.Context, addr string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", addr)
	}}
	f.Fuzz(func(t *testing.T, stream []byte, cut uint16, alone bool) {
		before := allocated()
		c := dial(t, ln.Addr().String(), cfg)
		nc, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		p := &puppet{t, nc, wire.NewFrameReader(nc, wire.DefaultLimits(), nil)}
		begun := begin(t, c, p, alone)
		at := min(int(cut), len(stream))
		_, _ = nc.Write(stream[:at]) // it may be refused meanwhile
		_, _ = nc.Write(stream[at:])
		nc.Close()
		given := repliesIn(stream, begun)
		for i, call := range begun {
			select {
			case got := <-call:
				got.judge(t, i, given[i])
			case <-time.After(patience):
				t.Fatalf("call %d does not return", i)
			}
			if len(call) > 0 {
				t.Fatalf("call %d has a second outcome", i)
			}
		}
		if alone {
			// Nobody reads on but the next caller, or the watchman after rounds of its
			// own: minimizing an input would take a thousand times as long.
			_ = c.Call(within(t), "Next", nil, nil) // the bytes may have a reply for it, too
		}
		<-c.Done()
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if took, most := allocated()-before, uint64(1<<20+256*len(stream)); took > most {
			t.Errorf("%d bytes cost %d bytes of memory, want at most %d", len(stream), took, most)
		}
	})
}

// allocated is how many bytes this process has ever allocated.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// begin makes the calls, one after the other, and returns where their outcomes will be,
// by their ids.
func begin(t *testing.T, c *Conn, p *puppet, alone bool) (begun map[uint32]outcomes) {
	begun = make(map[uint32]outcomes)
	ctx := within(t)
	start := func(call func() outcome) {
		done := make(outcomes, 2)
		go func() { done <- call() }()
		begun[p.next().ID] = done
	}
	plain := func() (o outcome) {
		o.err = c.Call(ctx, "Plain", nil, o.raw)
		return o
	}
	if alone {
		for range quickCalls {
			done := going(ctx, c, "Quick")
			p.reply(p.next().ID, 1)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		start(plain)
		return begun
	}
	start(plain)
	start(func() (o outcome) {
		o.err = c.CallInto(ctx, never, &Room{Expect: 1 << 10}, "Room", nil, nil, o.raw)
		return o
	})
	receiver := make(outcomes, 2)
	if err := c.Begin("Begun", wire.AppendArrayHeader(nil, 0), receiver); err != nil {
		t.Fatal(err)
	}
	begun[p.next().ID] = receiver
	start(func() (o outcome) {
		var reply wire.KeysReply
		o.err = c.CallBody(ctx, "Body", nil, &reply)
		return o
	})
	start(func() (o outcome) {
		o.err = c.Call(ctx, "Get", nil, func(d *wire.Decoder) (err error) {
			o.result, _, err = wire.DecodeGetResult(d)
			return err
		})
		return o
	})
	return begun
}

// raw is a result as it came.
func (o *outcome) raw(d *wire.Decoder) error {
	o.result = d.Raw()
	return d.Err()
}

// repliesIn says what a stream means for the calls: the first reply to each, up to what
// is no reply to any; nil for none.
func repliesIn(stream []byte, begun map[uint32]outcomes) (given map[uint32]*wire.Message) {
	given = make(map[uint32]*wire.Message)
	next := slices.Max(slices.Collect(maps.Keys(begun))) + 1
	for frames := wire.NewFrameReader(bytes.NewReader(stream), fuzzLimits, nil); ; {
		frame, _, err := frames.ReadFrame(nil)
		if err != nil {
			return given
		}
		m, err := wire.ParseMessage(frame)
		if err != nil || m.Kind == wire.Request || m.Kind == wire.Response && m.ID >= next {
			return given
		}
		if m.Kind == wire.Response && given[m.ID] == nil {
			given[m.ID] = &m
		}
	}
}

// judge compares an outcome to the reply, nil for none.
func (o outcome) judge(t *testing.T, id uint32, given *wire.Message) {
	t.Helper()
	var told *wire.Error
	if errors.As(o.err, &told) == errors.Is(o.err, ErrBroken) && o.err != nil || errors.Is(o.err, ErrNotSent) {
		t.Fatalf("call %d: %v", id, o.err)
	}
	var want []byte
	var broken error
	switch {
	case given == nil:
		broken = io.EOF
	case given.Err != nil:
		e := wire.DecodeError(wire.NewDecoder(given.Err))
		if e != nil && (told == nil || *told != *e) {
			t.Fatalf("call %d: %v, was told %v", id, o.err, e)
		}
		if e != nil {
			return
		}
		broken = io.ErrUnexpectedEOF
	case id == callBody:
		broken = wire.UnmarshalBody(given.Result, &wire.KeysReply{})
	case id == callGet:
		want, _, broken = wire.DecodeGetResult(wire.NewDecoder(given.Result))
	default:
		want = given.Result
	}
	if (broken != nil) != errors.Is(o.err, ErrBroken) || told != nil {
		t.Fatalf("call %d: %v, want an error: %v", id, o.err, broken)
	}
	if broken == nil && !bytes.Equal(o.result, want) {
		t.Fatalf("call %d: % x, was given % x", id, o.result, want)
	}
}

// answers are streams of each kind: good ones, and all that is known to be bad.
func answers() [][]byte {
	ok := func(id uint32, n int) []byte {
		return wire.AppendBin(wire.AppendResponseOK(nil, id), bytes.Repeat([]byte{'r'}, n))
	}
	body, err := wire.AppendBody(wire.AppendResponseOK(nil, callBody), &wire.KeysReply{Keys: [][]byte{[]byte("a"), []byte("b")}, Next: 7})
	if err != nil {
		panic(err)
	}
	failed := func(id uint32, e *wire.Error) []byte { return wire.AppendResponseError(nil, id, e) }
	leaving := wire.Errorf(wire.CodeShuttingDown, "the node is stopping")
	moved := &wire.Error{Code: wire.CodeMoved, Text: "t", Owner: "h:1", Epoch: 5}
	lone := uint32(quickCalls)
	huge := append(wire.AppendResponseOK(nil, callRoom), 0xc6, 0xff, 0xff, 0xff, 0xff)
	many := append(wire.AppendResponseOK(nil, callBody), 0xdd, 0x7f, 0xff, 0xff, 0xff, 1)
	deep := append(wire.AppendResponseOK(nil, callGet), bytes.Repeat([]byte{0x91}, 100)...)
	return [][]byte{
		slices.Concat(ok(callPlain, 10), ok(callRoom, 900), ok(callBegun, 3), body, ok(callGet, 100)),
		slices.Concat(ok(callGet, 5000), ok(callRoom, 6000), ok(callPlain, 4090), ok(callBegun, 7000)),
		slices.Concat(failed(callPlain, moved), failed(callRoom, leaving), failed(callBegun, leaving), ok(callGet, 1)),
		slices.Concat(ok(callPlain, 1), ok(callPlain, 2), ok(callPlain, 3), body, body),
		slices.Concat(ok(callBody, 9), wire.AppendNil(wire.AppendResponseOK(nil, callGet)), []byte{0x94, 1, callPlain, 0xc3, 0xc0}),
		slices.Concat(ok(callPlain, 1), ok(1<<31, 1), ok(callGet, 1)), slices.Concat(ok(callPlain, 1), ok(calls, 1), ok(callGet, 1)),
		slices.Concat(ok(callPlain, 1), wire.AppendArrayHeader(wire.AppendRequest(nil, 1, "Get"), 0), ok(callGet, 1)),
		slices.Concat(ok(callPlain, 1), wire.AppendArrayHeader(wire.AppendNotify(nil, "News"), 0), ok(callGet, 1)),
		slices.Concat(ok(callPlain, 1), huge), slices.Concat(ok(callPlain, 1), many), slices.Concat(ok(callPlain, 1), deep),
		ok(callRoom, fuzzLimits.Frame), []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), {0xc1},
		ok(lone, 20), ok(lone, 7000), failed(lone, leaving), slices.Concat(ok(lone-1, 1), ok(lone, 1)), ok(lone, 5000)[:3000],
	}
}
