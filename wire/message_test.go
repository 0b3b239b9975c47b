package wire

import (
	"bytes"
	"errors"
	"math"
	"net"
	"net/rpc"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/go-msgpack/v2/codec"
)

func TestMessagesAsGoMsgpack(t *testing.T) {
	// []byte(nil) here is what go-msgpack writes as nil.
	for _, c := range []struct {
		name string
		got  []byte
		want []any
	}{
		{"request", AppendDel(AppendRequest(nil, math.MaxUint32, "Del"), []byte("a")),
			[]any{0, uint32(math.MaxUint32), "Del", []any{[]byte("a")}}},
		{"notification", AppendPeer(nil, PeerFrame{From: 1 << 40, To: 2, Batch: []byte("b")}),
			[]any{2, "Peer", []any{uint64(1 << 40), 2, []byte("b")}}},
		{"response", AppendGetResult(AppendResponseOK(nil, 300), []byte("v"), true),
			[]any{1, 300, nil, []byte("v")}},
		{"not found", AppendGetResult(AppendResponseOK(nil, 3), nil, false),
			[]any{1, 3, nil, nil}},
		{"error", AppendResponseError(nil, 3, Errorf(CodeBusy, "wait %d", 1)),
			[]any{1, 3, []any{"busy", "wait 1"}, nil}},
		{"moved", AppendResponseError(nil, 3, &Error{Code: CodeMoved, Text: "t", Owner: "h:1", Epoch: 70000}),
			[]any{1, 3, []any{"moved", "t", "h:1", 70000}, nil}},
	} {
		sameBytes(t, c.name, c.got, strangerEncode(t, c.want))
	}
}

func TestParseMessage(t *testing.T) {
	params := AppendDel(nil, []byte("k"))
	errBytes := AppendError(nil, Errorf(CodeBusy, "x"))
	for _, c := range []struct {
		name  string
		frame []byte
		want  Message
	}{
		{"request", append(AppendRequest(nil, 1<<31, "Del"), params...),
			Message{Kind: Request, ID: 1 << 31, Method: []byte("Del"), Params: params}},
		{"method as bin, array16", append(append([]byte{codeArray16, 0, 4, 0, 5}, AppendBin(nil, []byte("Del"))...), params...),
			Message{Kind: Request, ID: 5, Method: []byte("Del"), Params: params}},
		{"notification", append(AppendNotify(nil, "Peer"), params...),
			Message{Kind: Notify, Method: []byte("Peer"), Params: params}},
		{"result", append(AppendResponseOK(nil, 9), 7),
			Message{Kind: Response, ID: 9, Result: []byte{7}}},
		{"nil result", AppendNil(AppendResponseOK(nil, 9)),
			Message{Kind: Response, ID: 9, Result: []byte{codeNil}}},
		{"error", AppendResponseError(nil, 9, Errorf(CodeBusy, "x")),
			Message{Kind: Response, ID: 9, Err: errBytes, Result: []byte{codeNil}}},
	} {
		got, err := ParseMessage(c.frame)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v\nwant %+v", c.name, got, err, c.want)
		}
	}
}

func TestParseMessageRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		value any
		want  error
	}{
		{"no array", 5, ErrType},
		{"empty array", []any{}, ErrTruncated},
		{"kind 3", []any{3, 1, "Get", []any{}}, ErrNotMessage},
		{"kind 256", []any{256, 1, "Get", []any{}}, ErrNotMessage},
		{"negative kind", []any{-1, 1, "Get", []any{}}, ErrRange},
		{"short request", []any{0, 1, "Get"}, ErrNotMessage},
		{"long notification", []any{2, "Get", []any{}, 1}, ErrNotMessage},
		{"id over 32 bits", []any{0, uint64(1 << 32), "Get", []any{}}, ErrRange},
		{"negative id", []any{0, -1, "Get", []any{}}, ErrRange},
		{"method no string", []any{0, 1, 2, []any{}}, ErrType},
		{"params no array", []any{0, 1, "Get", "key"}, ErrNotMessage},
	} {
		m, err := ParseMessage(strangerEncode(t, c.value))
		if !errors.Is(err, c.want) || !reflect.DeepEqual(m, Message{}) {
			t.Errorf("%s: %+v, %v, want %v", c.name, m, err, c.want)
		}
	}
}

func TestErrorsTravel(t *testing.T) {
	for _, e := range []*Error{
		Errorf(CodeBadRequest, "bad"),
		{Code: CodeMoved, Text: "moved", Owner: "10.0.0.1:7700", Epoch: math.MaxUint64},
		{Code: "a code of a later version", Text: strings.Repeat("long", 1000)},
		{},
	} {
		data := AppendError(nil, e)
		d := NewDecoder(data)
		got := DecodeError(d)
		if d.Done() != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("%+v arrives as %+v, %v", e, got, d.Done())
		}
		if list := strangerDecode[[]any](t, data); list[0] != string(e.Code) || list[1] != e.Text {
			t.Errorf("go-msgpack reads %v", list)
		}
	}
}

func TestForeignErrors(t *testing.T) {
	for _, c := range []struct {
		value any
		want  Error
	}{
		{"it failed", Error{Code: CodeInternal, Text: "it failed"}},
		{[]byte("it failed"), Error{Code: CodeInternal, Text: "it failed"}},
		{42, Error{Code: CodeInternal, Text: "error in an unknown form"}},
		{map[string]int{"x": 1}, Error{Code: CodeInternal, Text: "error in an unknown form"}},
		{[]any{"busy"}, Error{Code: CodeInternal, Text: "error in an unknown form"}},
		{[]any{1, 2}, Error{Code: CodeInternal, Text: "error in an unknown form"}},
		{[]any{"busy", "x", "more", []any{}}, Error{Code: CodeBusy, Text: "x"}},
		{[]any{"moved", "x"}, Error{Code: CodeMoved, Text: "x"}},
		{[]any{"moved", "x", "h:1", 5, "later"}, Error{Code: CodeMoved, Text: "x", Owner: "h:1", Epoch: 5}},
	} {
		d := NewDecoder(strangerEncode(t, c.value))
		if got := DecodeError(d); d.Done() != nil || *got != c.want {
			t.Errorf("%v arrives as %+v, %v", c.value, got, d.Done())
		}
	}
	d := NewDecoder([]byte{codeFixArray | 2, codeNil})
	if e := DecodeError(d); e != nil || !errors.Is(d.Err(), ErrTruncated) {
		t.Errorf("a cut error: %v, %v", e, d.Err())
	}
}

// go-msgpack's own MessagePack-RPC client calls a server made of this
// package, and the other way round its server answers a request of ours.
func TestSpeaksWithGoMsgpackRPC(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	done := make(chan error, 1)
	go func() {
		f := NewFrameReader(there, DefaultLimits(), nil)
		frame, _, err := f.ReadFrame(nil)
		if err != nil {
			done <- err
			return
		}
		m, err := ParseMessage(frame)
		if err != nil {
			done <- err
			return
		}
		key, _, err := DecodeGet(m.Params)
		if err != nil {
			done <- err
			return
		}
		_, err = there.Write(AppendGetResult(AppendResponseOK(nil, m.ID), append([]byte("value of "), key...), true))
		done <- err
	}()
	client := rpc.NewClientWithCodec(codec.MsgpackSpecRpc.ClientCodec(here, stranger()))
	var value []byte
	err := client.Call(MethodGet, codec.MsgpackSpecRpcMultiArgs{"key"}, &value)
	if err != nil || string(value) != "value of key" {
		t.Errorf("client: %q, %v", value, err)
	}
	if err := <-done; err != nil {
		t.Errorf("server: %v", err)
	}
}

// Echo is a net/rpc service.
type Echo struct{}

// Twice returns its argument two times.
func (Echo) Twice(in []byte, out *[]byte) error {
	*out = bytes.Repeat(in, 2)
	return nil
}

func TestIsUnderstoodByGoMsgpackServer(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	server := rpc.NewServer()
	if err := server.Register(Echo{}); err != nil {
		t.Fatal(err)
	}
	go server.ServeCodec(codec.MsgpackSpecRpc.ServerCodec(there, stranger()))
	go func() { _, _ = here.Write(AppendDel(AppendRequest(nil, 77, "Echo.Twice"), []byte("ab"))) }()
	frame, _, err := NewFrameReader(here, DefaultLimits(), nil).ReadFrame(nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseMessage(frame)
	if err != nil || m.Kind != Response || m.ID != 77 || m.Err != nil {
		t.Fatalf("%+v, %v", m, err)
	}
	if value, found, err := DecodeGetResult(NewDecoder(m.Result)); string(value) != "abab" || !found || err != nil {
		t.Errorf("%q, %v, %v", value, found, err)
	}
}
