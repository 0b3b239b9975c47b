package rpcserver_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"testing"
	"time"

	"pikv/rpcserver"
	"pikv/wire"
)

// fuzzLimits are so small that the fuzzer finds them.
var fuzzLimits = wire.Limits{Key: 100, Value: 4 << 10, Frame: 8 << 10, Depth: 8, Elements: 256}

// FuzzConnection gives bytes to a server's connection, in two pieces, and ends its
// half. Each request that is whole and stands before the first garbage is answered
// exactly once, nothing else is, every answer can be read, the memory is bounded by
// what was sent, and in the end the connection is closed and nothing of it left.
func FuzzConnection(f *testing.F) {
	for _, stream := range conversations() {
		f.Add(stream, uint16(len(stream)))
		f.Add(stream, uint16(len(stream)/2))
		f.Add(stream[:len(stream)*3/4], uint16(1))
	}
	cfg := quick()
	// No call is refused for want of budget: so many may be in flight, each so large.
	cfg.Limits, cfg.PeerFrame, cfg.MaxCallsPerConn = fuzzLimits, fuzzLimits.Frame, 8
	cfg.Budget, cfg.PeerBudget = wire.NewBudget(64*int64(fuzzLimits.Frame)), wire.NewBudget(64*int64(fuzzLimits.Frame))
	s := rpcserver.New(cfg)
	s.Handle("Echo", echo)
	s.HandleSlow("Slow", echo)
	s.Handle("Get", func(_ context.Context, c *rpcserver.Call) {
		key, o, err := wire.DecodeGet(c.Params)
		if err != nil {
			c.Fail(err)
			return
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendVersionedResult(buf, key, o.Epoch, true) })
	})
	s.HandleSlow("Keys", func(_ context.Context, c *rpcserver.Call) {
		var req wire.KeysRequest
		if err := c.Body(&req); err != nil {
			c.Fail(err)
			return
		}
		c.ReplyBody(&req)
	})
	s.HandleHello("Peer", func(_ string, params []byte) error {
		_, err := wire.DecodePeer(params)
		return err
	})
	s.HandleNotify("Peer", func(_ context.Context, _ string, params []byte) { _, _ = wire.DecodePeer(params) })
	socket := filepath.Join(f.TempDir(), "s") // not TCP: its ports would run out
	ln, err := net.Listen("unix", socket)
	if err != nil {
		f.Fatal(err)
	}
	s.Start(ln)
	f.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			f.Error(err)
		}
	})
	f.Fuzz(func(t *testing.T, stream []byte, cut uint16) {
		before := allocated()
		replies := converse(t, socket, stream, int(cut))
		eventually(t, "nothing is left of the connection", func() bool {
			st := s.Stats()
			return st.Conns == 0 && st.InFlight == 0 && cfg.Budget.Used() == 0 && cfg.PeerBudget.Used() == 0
		})
		// A call, its goroutine and its error cost some hundred bytes, a request ten.
		if took, most := allocated()-before, uint64(1<<20+256*len(stream)); took > most {
			t.Errorf("%d bytes cost %d bytes of memory, want at most %d", len(stream), took, most)
		}
		if st := s.Stats(); st.Panics > 0 {
			t.Fatal("a handler panicked")
		}
		newHeard(stream).judge(t, replies)
	})
}

// allocated is how many bytes this process has ever allocated.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// converse sends a stream and returns what is answered until the other side ends the
// connection.
func converse(t *testing.T, socket string, stream []byte, cut int) (replies []wire.Message) {
	t.Helper()
	nc, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{})
	defer func() { <-sent }()
	go func() {
		defer close(sent)
		cut = min(cut, len(stream))
		_, _ = nc.Write(stream[:cut]) // it may be refused meanwhile
		_, _ = nc.Write(stream[cut:])
		_ = nc.(*net.UnixConn).CloseWrite()
	}()
	frames := wire.NewFrameReader(nc, wire.DefaultLimits(), nil)
	for {
		frame, _, err := frames.ReadFrame(nil)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("the connection does not end; %d replies", len(replies))
		}
		if err != nil {
			if !errors.Is(err, io.EOF) && isGarbled(err) {
				t.Fatalf("reply %d: %v", len(replies), err)
			}
			return replies
		}
		m, err := wire.ParseMessage(frame)
		if err != nil || m.Kind != wire.Response {
			t.Fatalf("reply %d is % x: %v", len(replies), frame, err)
		}
		replies = append(replies, m)
	}
}

// isGarbled reports whether an error is about bytes that came, or were cut off.
func isGarbled(err error) bool {
	var fe *wire.FrameError
	return errors.As(err, &fe) || errors.Is(err, io.ErrUnexpectedEOF)
}

// heard is what a server must hear in a stream.
type heard struct {
	asked   map[uint32][]wire.Message // requests by their ids
	refused map[uint32]bool           // a request that is not taken, and answered
	maybe   map[uint32]int            // requests behind what ends the connection, or not
}

func newHeard(stream []byte) *heard {
	h := &heard{make(map[uint32][]wire.Message), make(map[uint32]bool), make(map[uint32]int)}
	frames := wire.NewFrameReader(bytes.NewReader(stream), fuzzLimits, nil)
	for unsure := false; ; {
		frame, _, err := frames.ReadFrame(nil)
		var fe *wire.FrameError
		if errors.As(err, &fe) && fe.Request && !errors.Is(err, io.ErrUnexpectedEOF) {
			for _, limit := range []error{wire.ErrFrameTooLarge, wire.ErrTooMany, wire.ErrTooDeep} {
				h.refused[fe.ID] = h.refused[fe.ID] || errors.Is(err, limit) && !unsure
				if errors.Is(err, limit) && unsure {
					h.maybe[fe.ID]++
				}
			}
		}
		if err != nil {
			return h
		}
		m, err := wire.ParseMessage(frame)
		switch {
		case err != nil, m.Kind == wire.Response:
			return h
		case m.Kind == wire.Notify && string(m.Method) == wire.MethodPeer:
			unsure = true // whether its hello was taken depends on what had arrived behind it
		case m.Kind == wire.Notify && string(m.Method) == wire.MethodAtMost:
			if _, err := wire.DecodeAtMost(m.Params); err != nil {
				return h
			}
		case m.Kind == wire.Notify:
		case unsure:
			h.maybe[m.ID]++
		default:
			h.asked[m.ID] = append(h.asked[m.ID], m)
		}
	}
}

// judge compares what was answered to what was asked.
func (h *heard) judge(t *testing.T, replies []wire.Message) {
	got := make(map[uint32]int)
	for _, m := range replies {
		got[m.ID]++
		if m.Err != nil {
			if wire.DecodeError(wire.NewDecoder(m.Err)) == nil {
				t.Fatalf("reply %d is the error % x", m.ID, m.Err)
			}
			continue
		}
		echoes := func(asked wire.Message) bool {
			name := string(asked.Method)
			return name != "Echo" && name != "Slow" || bytes.Equal(asked.Params, m.Result)
		}
		if h.maybe[m.ID] == 0 && !slices.ContainsFunc(h.asked[m.ID], echoes) {
			t.Fatalf("reply %d is the result % x of nothing that was asked", m.ID, m.Result)
		}
	}
	for _, ids := range []iter.Seq[uint32]{maps.Keys(h.asked), maps.Keys(h.refused), maps.Keys(got)} {
		for id := range ids {
			least := len(h.asked[id])
			if h.refused[id] {
				least++
			}
			if got[id] < least || got[id] > least+h.maybe[id] {
				t.Fatalf("%d replies to the %d requests %d", got[id], least, id)
			}
		}
	}
}

// conversations are streams of each kind: good ones, and all that is known to be bad.
func conversations() [][]byte {
	echoOf := func(id uint32, n int) []byte { return request(id, "Echo", bytes.Repeat([]byte{'e'}, n)) }
	hello := wire.AppendPeerParams(wire.AppendRequest(nil, 1, "Peer"), wire.PeerFrame{From: 1, To: 2, Batch: []byte("hello")})
	get := wire.AppendGet(wire.AppendRequest(nil, 2, "Get"), []byte("k"), wire.Options{Epoch: 7})
	keys, err := wire.AppendBodyParams(wire.AppendRequest(nil, 3, "Keys"), &wire.KeysRequest{Prefix: []byte("p"), Limit: 9})
	if err != nil {
		panic(err)
	}
	atMost := wire.AppendAtMost(wire.AppendNotify(nil, "AtMost"), 64<<10)
	peer := wire.AppendPeerParams(wire.AppendNotify(nil, "Peer"), wire.PeerFrame{From: 1, To: 2, Batch: []byte("batch")})
	huge := append(wire.AppendRequest(nil, 8, "Echo"), 0x91, 0xc6, 0xff, 0xff, 0xff, 0xff)
	many := append(wire.AppendRequest(nil, 8, "Echo"), 0xdd, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3)
	deep := append(wire.AppendRequest(nil, 8, "Slow"), bytes.Repeat([]byte{0x91}, 100)...)
	var crowd []byte
	for id := range uint32(40) {
		crowd = append(append(crowd, request(id%7, "Slow", []byte{byte(id)})...), echoOf(id%7, int(id))...)
	}
	return [][]byte{
		slices.Concat(atMost, get, echoOf(4, 5000), keys, request(5, "Slow", []byte("s")), get),
		slices.Concat(hello), slices.Concat(peer, get), slices.Concat(hello, peer, echoOf(4, 10), peer),
		slices.Concat(get, request(6, "NoSuchMethod", []byte("x")), wire.AppendArrayHeader(wire.AppendNotify(nil, "Whatever"), 0), get),
		slices.Concat(echoOf(4, 3), huge), slices.Concat(echoOf(4, 3), many), slices.Concat(get, deep),
		slices.Concat(echoOf(4, fuzzLimits.Frame), get), slices.Concat(echoOf(4, 4097), echoOf(4, 4095), echoOf(4, 8000)),
		slices.Concat(get, wire.AppendNil(wire.AppendResponseOK(nil, 2))), []byte("GET / HTTP/1.1\r\n\r\n"),
		slices.Concat(get, []byte{0xc1}), slices.Concat(get, []byte{0x94, 0, 0xcf, 0, 0, 0, 1, 0, 0, 0, 0, 0xa3, 'G', 'e', 't', 0x90}),
		slices.Concat(get, []byte{0x93, 2, 0xa6, 'A', 't', 'M', 'o', 's', 't', 0x91, 0xc0}, get), crowd,
	}
}
