package wire

import (
	"reflect"
	"testing"
)

func TestResultsAsGoMsgpack(t *testing.T) {
	busy := Errorf(CodeBusy, "later")
	moved := &Error{Code: CodeMoved, Text: "t", Owner: "h:1", Epoch: 5}
	gets := []GetResult{{Value: []byte("v"), Found: true}, {}, {Err: busy}, {Value: []byte{}, Found: true}, {Err: moved}}
	puts := []PutResult{{Version: 1 << 40}, {Err: busy}, {}}
	dels := []DelResult{{Found: true}, {}, {Err: busy}}

	got := AppendMGetResult(nil, gets)
	sameBytes(t, "MGet", got, strangerEncode(t, []any{
		[]byte("v"), nil, []any{"busy", "later"}, []byte{}, []any{"moved", "t", "h:1", 5}}))
	d := NewDecoder(got)
	if back, err := DecodeMGetResult(d, nil); err != nil || d.Done() != nil || !reflect.DeepEqual(back, gets) {
		t.Errorf("MGet: %+v, %v", back, err)
	}

	got = AppendMPutResult(nil, puts)
	sameBytes(t, "MPut", got, strangerEncode(t, []any{uint64(1 << 40), []any{"busy", "later"}, 0}))
	d = NewDecoder(got)
	if back, err := DecodeMPutResult(d, nil); err != nil || d.Done() != nil || !reflect.DeepEqual(back, puts) {
		t.Errorf("MPut: %+v, %v", back, err)
	}

	got = AppendMDelResult(nil, dels)
	sameBytes(t, "MDel", got, strangerEncode(t, []any{true, false, []any{"busy", "later"}}))
	d = NewDecoder(got)
	if back, err := DecodeMDelResult(d, nil); err != nil || d.Done() != nil || !reflect.DeepEqual(back, dels) {
		t.Errorf("MDel: %+v, %v", back, err)
	}
}

func TestWrongResults(t *testing.T) {
	for _, v := range []any{5, "x", []any{5}, []any{map[string]int{}}, []any{1.5}, nil} {
		data := strangerEncode(t, v)
		if r, err := DecodeMGetResult(NewDecoder(data), nil); err == nil {
			t.Errorf("MGet takes %v as %+v", v, r)
		}
		if r, err := DecodeMDelResult(NewDecoder(data), nil); err == nil {
			t.Errorf("MDel takes %v as %+v", v, r)
		}
	}
	for _, v := range []any{"x", []any{"x"}, []any{-1}, []any{nil}} {
		if r, err := DecodeMPutResult(NewDecoder(strangerEncode(t, v)), nil); err == nil {
			t.Errorf("MPut takes %v as %+v", v, r)
		}
	}
}

// TestGetDoesNotAllocate walks the whole way of a Get on buffers in use: the
// request out, in, and the reply back.
func TestGetDoesNotAllocate(t *testing.T) {
	key, value := []byte("user:1001"), make([]byte, 128)
	var out, in, reply []byte
	pipe := &loop{}
	server := NewFrameReader(pipe, DefaultLimits(), NewBudget(1<<20))
	client := NewFrameReader(pipe, DefaultLimits(), nil)
	once := func() {
		out = AppendGet(AppendRequest(out[:0], 7, MethodGet), key, Options{Epoch: 5})
		pipe.data = out
		frame, reserved, err := server.ReadFrame(in)
		if err != nil || reserved != 0 {
			t.Fatal(reserved, err)
		}
		in = frame
		m, err := ParseMessage(frame)
		if err != nil || string(m.Method) != MethodGet {
			t.Fatal(err)
		}
		k, o, err := DecodeGet(m.Params)
		if err != nil || string(k) != string(key) || o.Epoch != 5 {
			t.Fatal(k, o, err)
		}
		reply = AppendGetResult(AppendResponseOK(reply[:0], m.ID), value, true)
		pipe.data = reply
		if frame, _, err = client.ReadFrame(in); err != nil {
			t.Fatal(err)
		}
		in = frame
		if m, err = ParseMessage(frame); err != nil {
			t.Fatal(err)
		}
		d := Decoder{data: m.Result}
		v, found, err := DecodeGetResult(&d)
		if err != nil || !found || len(v) != len(value) {
			t.Fatal(v, found, err)
		}
	}
	if n := testing.AllocsPerRun(100, once); n != 0 {
		t.Errorf("a Get allocates %v times", n)
	}
}

// loop is a reader over bytes that are set before each message.
type loop struct{ data []byte }

func (l *loop) Read(p []byte) (int, error) {
	n := copy(p, l.data)
	l.data = l.data[n:]
	return n, nil
}
