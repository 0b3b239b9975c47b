package wire

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// seeds adds to f the given encodings, each of them cut, and hostile bytes.
func seeds(f *testing.F, encodings ...[]byte) {
	f.Helper()
	hostile := [][]byte{
		nil, {codeNever}, {codeFixArray}, {codeFixMap}, {codeNil},
		{codeArray32, 0xff, 0xff, 0xff, 0xff},
		{codeMap32, 0xff, 0xff, 0xff, 0xff},
		{codeFixArray | 1, codeBin32, 0xff, 0xff, 0xff, 0xff},
		{codeFixArray | 1, codeArray32, 0x7f, 0xff, 0xff, 0xff},
		bytes.Repeat([]byte{codeFixArray | 1}, 100),
	}
	for _, data := range append(encodings, hostile...) {
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
}

// messages are one of each kind.
func messages() [][]byte {
	return [][]byte{
		smallGet(1), bigPut(2, 300), bigPut(1<<32-1, 5000),
		AppendPeer(nil, PeerFrame{1, 2, []byte("batch")}),
		AppendGetResult(AppendResponseOK(nil, 3), []byte("v"), true),
		AppendResponseError(nil, 4, &Error{Code: CodeMoved, Text: "t", Owner: "h:1", Epoch: 5}),
	}
}

// FuzzFrameReader gives a stream in pieces and checks that the messages are
// those that the decoder finds in it, that they stay within the limits, and
// that the budget comes out even.
func FuzzFrameReader(f *testing.F) {
	seeds(f, append(messages(), bytes.Join(messages(), nil))...)
	limits := Limits{Key: 100, Value: 1000, Frame: 6000, Depth: 8, Elements: 64}
	f.Fuzz(func(t *testing.T, stream []byte) {
		budget := NewBudget(9000)
		r := ragged{bytes.NewReader(stream), 1 + len(stream)/2, rand.New(rand.NewPCG(uint64(len(stream)), 1))}
		fr := NewFrameReader(r, limits, budget)
		rest := stream
		for {
			frame, reserved, err := fr.ReadFrame(nil)
			if reserved != budget.Used() || cap(frame) > 2*limits.Frame {
				t.Fatalf("reserved %d, used %d, cap %d", reserved, budget.Used(), cap(frame))
			}
			budget.Release(reserved)
			if errors.Is(err, io.EOF) && len(rest) > 0 {
				t.Fatalf("io.EOF with %d bytes left", len(rest))
			}
			var frameErr *FrameError
			if errors.As(err, &frameErr) && frameErr.CanDiscard && fr.Discard(1<<20) == nil {
				d := Decoder{data: rest}
				if d.Skip(); d.err != nil {
					t.Fatalf("discarded what is no value: %v", d.err)
				}
				rest = rest[d.off:]
				continue
			}
			if err != nil {
				return
			}
			d := Decoder{data: rest}
			if raw := d.Raw(); !bytes.Equal(raw, frame) || len(frame) > limits.Frame {
				t.Fatalf("frame of %d bytes, the decoder finds %d", len(frame), len(raw))
			}
			rest = rest[len(frame):]
		}
	})
}

func FuzzParseMessage(f *testing.F) {
	seeds(f, messages()...)
	f.Fuzz(func(t *testing.T, frame []byte) {
		m, err := ParseMessage(frame)
		if err != nil {
			return
		}
		var again []byte
		switch m.Kind {
		case Request:
			again = append(AppendRequest(nil, m.ID, string(m.Method)), m.Params...)
		case Notify:
			again = append(AppendNotify(nil, string(m.Method)), m.Params...)
		case Response:
			if e := DecodeError(NewDecoder(m.Err)); (e == nil) != (m.Err == nil) {
				t.Fatalf("error % x decodes to %v", m.Err, e)
			}
			if m.Err != nil {
				return
			}
			again = append(AppendResponseOK(nil, m.ID), m.Result...)
		}
		if back, err := ParseMessage(again); err != nil || !reflect.DeepEqual(back, m) {
			t.Fatalf("%+v comes back as %+v, %v", m, back, err)
		}
	})
}

// fuzzParams checks that what decode takes, it takes again in the form that
// the Append function gives it. encode gets what decode returned.
func fuzzParams(f *testing.F, method string, encode func(v []any) []byte, good ...[]byte) {
	f.Helper()
	seeds(f, good...)
	f.Fuzz(func(t *testing.T, params []byte) {
		v, err := decodeAll(method, params)
		if err != nil {
			if !errors.Is(err, &Error{Code: CodeBadRequest}) {
				t.Fatalf("%v is no bad_request", err)
			}
			return
		}
		again := encode(v)
		back, err := decodeAll(method, again)
		if err != nil || !reflect.DeepEqual(canonical(back), canonical(v)) {
			t.Fatalf("%q comes back as %q, %v", v, back, err)
		}
	})
}

func FuzzDecodeGet(f *testing.F) {
	fuzzParams(f, MethodGet, func(v []any) []byte {
		return AppendGet(nil, v[0].([]byte), v[1].(Options))
	}, AppendGet(nil, []byte("key"), Options{}), AppendGet(nil, []byte("key"), Options{Epoch: 5, WithVersion: true}), AppendGet(nil, []byte("key"), Options{WithLeft: true}))
}

func FuzzDecodePut(f *testing.F) {
	fuzzParams(f, MethodPut, func(v []any) []byte {
		return AppendPut(nil, v[0].([]byte), v[1].([]byte), v[2].(Options))
	}, AppendPut(nil, []byte("key"), []byte("v"), Options{}), AppendPut(nil, []byte("key"), nil, named),
		AppendPut(nil, []byte("key"), nil, Options{If: IfAbsent}), AppendPut(nil, []byte("key"), nil, Options{If: IfPresent}))
}

func FuzzDecodeGetSet(f *testing.F) {
	fuzzParams(f, MethodGetSet, func(v []any) []byte {
		return AppendGetSet(nil, v[0].([]byte), v[1].([]byte), v[2].(Options))
	}, AppendGetSet(nil, []byte("key"), []byte("v"), Options{}), AppendGetSet(nil, []byte("key"), nil, named))
}

func FuzzDecodeAtMost(f *testing.F) {
	fuzzParams(f, MethodAtMost, func(v []any) []byte {
		return AppendUint(AppendArrayHeader(nil, 1), v[0].(uint64))
	}, AppendAtMost(nil, 64<<10), AppendAtMost(nil, math.MaxInt))
}

func FuzzDecodeIncr(f *testing.F) {
	fuzzParams(f, MethodIncr, func(v []any) []byte {
		return AppendIncr(nil, v[0].([]byte), v[1].(int64), v[2].(Options))
	}, AppendIncr(nil, []byte("key"), -1, Options{}), AppendIncr(nil, []byte("key"), 1<<62, Options{Client: 7, Seq: 1, Attempt: 2}))
}

func FuzzDecodeDel(f *testing.F) {
	fuzzParams(f, MethodDel, func(v []any) []byte {
		return AppendDel(nil, v[0].([][]byte)...)
	}, AppendDel(nil, []byte("key"), []byte("other")))
}

func FuzzDecodeMGet(f *testing.F) {
	fuzzParams(f, MethodMGet, func(v []any) []byte {
		return AppendMGet(nil, v[0].([][]byte), v[1].(Options))
	}, AppendMGet(nil, [][]byte{[]byte("key"), nil}, Options{Epoch: 5}))
}

func FuzzDecodeMDel(f *testing.F) {
	fuzzParams(f, MethodMDel, func(v []any) []byte {
		return AppendMDel(nil, v[0].([][]byte), v[1].(Options))
	}, AppendMDel(nil, [][]byte{[]byte("key"), nil}, Options{Epoch: 5}),
		AppendMDel(nil, [][]byte{[]byte("key"), nil}, Options{If: IfVersion, Version: 7, Client: 7, Seqs: []uint64{1, 2}}))
}

func FuzzDecodeMPut(f *testing.F) {
	fuzzParams(f, MethodMPut, func(v []any) []byte {
		return AppendMPut(nil, v[0].([]Pair), v[1].(Options))
	}, AppendMPut(nil, []Pair{{[]byte("key"), []byte("v")}, {[]byte("k2"), nil}}, bothOptions),
		AppendMPut(nil, []Pair{{[]byte("key"), []byte("v")}}, Options{Client: 7, Seqs: []uint64{300}, Finished: 299, Attempt: 3}))
}

func FuzzDecodeOwner(f *testing.F) {
	fuzzParams(f, MethodOwner, func(v []any) []byte {
		return AppendOwner(nil, v[0].([]byte))
	}, AppendOwner(nil, []byte("key")))
}

func FuzzDecodePeer(f *testing.F) {
	fuzzParams(f, MethodPeer, func(v []any) []byte {
		return AppendPeerParams(nil, v[0].(PeerFrame))
	}, AppendPeerParams(nil, PeerFrame{1 << 63, 2, []byte("batch")}))
}

func FuzzDecodeError(f *testing.F) {
	seeds(f, AppendError(nil, Errorf(CodeBusy, "x")), AppendError(nil, &Error{Code: CodeMoved, Owner: "h", Epoch: 5}),
		AppendStr(nil, "foreign"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := NewDecoder(data)
		e := DecodeError(d)
		if (e == nil) != (d.Err() != nil) {
			t.Fatalf("%v with error %v", e, d.Err())
		}
		if e == nil {
			return
		}
		if back := DecodeError(NewDecoder(AppendError(nil, e))); back == nil || *back != *e {
			t.Fatalf("%+v comes back as %+v", e, back)
		}
	})
}

// FuzzDecodeResults reads the data as each kind of result.
func FuzzDecodeResults(f *testing.F) {
	busy := Errorf(CodeBusy, "x")
	seeds(f, AppendGetResult(nil, []byte("v"), true), AppendVersionedResult(nil, []byte("v"), 1<<40, true),
		AppendLeftResult(nil, []byte("v"), 1<<40, time.Hour, true), AppendLeftResult(nil, nil, 1, 0, true),
		AppendMGetResult(nil, []GetResult{{Value: []byte("v"), Found: true}, {}, {Err: busy}}),
		AppendMPutResult(nil, []PutResult{{Version: 1 << 40}, {Err: busy}}),
		AppendMDelResult(nil, []DelResult{{Found: true}, {}, {Err: busy}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if v, found, err := DecodeGetResult(NewDecoder(data)); err == nil && found != (v != nil) {
			t.Fatalf("Get: %v, %v", v, found)
		}
		if v, version, found, err := DecodeVersionedResult(NewDecoder(data)); err == nil {
			back, again, same, err := DecodeVersionedResult(NewDecoder(AppendVersionedResult(nil, v, version, found)))
			if err != nil || !bytes.Equal(back, v) || again != version || same != found {
				t.Fatalf("%q, %d, %v comes back as %q, %d, %v, %v", v, version, found, back, again, same, err)
			}
		}
		if v, version, left, found, err := DecodeLeftResult(NewDecoder(data)); err == nil {
			back, again, rest, same, err := DecodeLeftResult(NewDecoder(AppendLeftResult(nil, v, version, left, found)))
			if err != nil || !bytes.Equal(back, v) || again != version || rest != left || same != found || left < 0 {
				t.Fatalf("%q, %d, %v, %v comes back as %q, %d, %v, %v, %v", v, version, left, found, back, again, rest, same, err)
			}
		}
		if v, err := DecodeMGetResult(NewDecoder(data), nil); err == nil {
			if back, err := DecodeMGetResult(NewDecoder(AppendMGetResult(nil, v)), nil); err != nil || !reflect.DeepEqual(back, v) {
				t.Fatalf("MGet: %+v comes back as %+v, %v", v, back, err)
			}
		}
		if v, err := DecodeMPutResult(NewDecoder(data), nil); err == nil {
			if back, err := DecodeMPutResult(NewDecoder(AppendMPutResult(nil, v)), nil); err != nil || !reflect.DeepEqual(back, v) {
				t.Fatalf("MPut: %+v comes back as %+v, %v", v, back, err)
			}
		}
		if v, err := DecodeMDelResult(NewDecoder(data), nil); err == nil {
			if back, err := DecodeMDelResult(NewDecoder(AppendMDelResult(nil, v)), nil); err != nil || !reflect.DeepEqual(back, v) {
				t.Fatalf("MDel: %+v comes back as %+v, %v", v, back, err)
			}
		}
	})
}

// FuzzUnmarshalBody reads the data as each message with a map body.
func FuzzUnmarshalBody(f *testing.F) {
	all := bodies()
	for _, v := range all {
		for _, v := range []any{v, fresh(v)} {
			data, err := MarshalBody(v)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, v := range all {
			got := fresh(v)
			if UnmarshalBody(data, got) != nil {
				if !reflect.ValueOf(got).Elem().IsZero() {
					t.Fatalf("%T: %+v came with an error", v, got)
				}
				continue
			}
			again, err := MarshalBody(got)
			if errors.Is(err, ErrTooMany) {
				continue // one nil on the wire is a whole struct of values
			}
			if err != nil {
				t.Fatalf("%T: %v", v, err)
			}
			back := fresh(v)
			if err := UnmarshalBody(again, back); err != nil {
				t.Fatalf("%T: %+v comes back with %v", v, got, err)
			}
			if twice, err := MarshalBody(back); err != nil || !reflect.DeepEqual(back, got) && !bytes.Equal(twice, again) { // NaN is not NaN
				t.Fatalf("%T: %+v comes back as %+v, %v", v, got, back, err)
			}
			if r, ok := got.(*ReportRequest); ok {
				checkedLoad(t, &r.Load)
			}
		}
	})
}

// FuzzDecoder reads the data with a script of the decoder's methods.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3}, smallGet(1))
	f.Add([]byte{4, 5, 6, 7, 8}, bigPut(2, 40))
	f.Fuzz(func(t *testing.T, script, data []byte) {
		d := NewDecoder(data)
		for _, op := range script {
			before := d.off
			switch op % 9 {
			case 0:
				d.Nil()
			case 1:
				d.Bool()
			case 2:
				d.Int()
			case 3:
				d.Uint()
			case 4:
				d.Bytes()
			case 5:
				if n := d.ArrayHeader(); n > len(data)-d.off {
					t.Fatalf("array of %d in %d bytes", n, len(data)-d.off)
				}
			case 6:
				if n := d.MapHeader(); 2*n > len(data)-d.off {
					t.Fatalf("map of %d in %d bytes", n, len(data)-d.off)
				}
			case 7:
				d.Skip()
			case 8:
				if d.More() == (d.Done() == nil) && d.Err() == nil {
					t.Fatal("More and Done disagree")
				}
			}
			if d.off < before || d.off > len(data) {
				t.Fatalf("went from %d to %d of %d", before, d.off, len(data))
			}
		}
	})
}
