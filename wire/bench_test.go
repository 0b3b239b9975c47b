package wire

import (
	"bytes"
	"slices"
	"testing"

	"github.com/hashicorp/go-msgpack/v2/codec"
)

// The benchmarks encode and decode whole messages, by hand and with the stock
// codec at its best: with structs that are arrays, and with encoder, decoder and
// buffers that are used again.

func stock() *codec.MsgpackHandle {
	h := stranger()
	h.StructToArray = true
	return h
}

// stockCall is a request as the stock codec takes it, P being the parameters.
type stockCall[P any] struct {
	Kind   int
	ID     uint32
	Method string
	Params P
}

type stockGet struct{ Key []byte }

type stockPut struct {
	Key   []byte
	Value []byte
}

type stockMGet struct{ Keys [][]byte }

type stockMPut struct{ Pairs []stockPut }

// stockReply is the reply to a Get.
type stockReply struct {
	Kind  int
	ID    uint32
	Err   []any
	Value []byte
}

// exchange is one kind of message in both ways.
type exchange struct {
	name   string
	append func(buf []byte) []byte
	read   func(frame []byte) bool // reports whether it holds what append wrote
	stock  any                     // what the stock codec encodes
	empty  func() any              // what it decodes into
}

// batch is how many keys a call of many has.
const batch = 16

func exchanges(key, value []byte) []exchange {
	keys := slices.Repeat([][]byte{key}, batch)
	pairs := slices.Repeat([]Pair{{key, value}}, batch)
	var keyRoom [batch][]byte
	var pairRoom [batch]Pair
	return []exchange{
		{"Get",
			func(buf []byte) []byte { return AppendGet(AppendRequest(buf, 1000, MethodGet), key, Options{}) },
			func(frame []byte) bool {
				m, err := ParseMessage(frame)
				got, _, err2 := DecodeGet(m.Params)
				return err == nil && err2 == nil && len(got) == len(key)
			},
			&stockCall[stockGet]{ID: 1000, Method: MethodGet, Params: stockGet{Key: key}},
			func() any { return new(stockCall[stockGet]) }},
		{"Put",
			func(buf []byte) []byte {
				return AppendPut(AppendRequest(buf, 1000, MethodPut), key, value, Options{})
			},
			func(frame []byte) bool {
				m, err := ParseMessage(frame)
				_, got, _, err2 := DecodePut(m.Params)
				return err == nil && err2 == nil && len(got) == len(value)
			},
			&stockCall[stockPut]{ID: 1000, Method: MethodPut, Params: stockPut{Key: key, Value: value}},
			func() any { return new(stockCall[stockPut]) }},
		{"Del",
			func(buf []byte) []byte { return AppendDel(AppendRequest(buf, 1000, MethodDel), key) },
			func(frame []byte) bool {
				m, err := ParseMessage(frame)
				got, err2 := DecodeDel(m.Params, keyRoom[:0])
				return err == nil && err2 == nil && len(got) == 1 && len(got[0]) == len(key)
			},
			&stockCall[[][]byte]{ID: 1000, Method: MethodDel, Params: [][]byte{key}},
			func() any { return new(stockCall[[][]byte]) }},
		{"MGet",
			func(buf []byte) []byte { return AppendMGet(AppendRequest(buf, 1000, MethodMGet), keys, Options{}) },
			func(frame []byte) bool {
				m, err := ParseMessage(frame)
				got, _, err2 := DecodeMGet(m.Params, keyRoom[:0])
				return err == nil && err2 == nil && len(got) == batch
			},
			&stockCall[stockMGet]{ID: 1000, Method: MethodMGet, Params: stockMGet{keys}},
			func() any { return new(stockCall[stockMGet]) }},
		{"MPut",
			func(buf []byte) []byte { return AppendMPut(AppendRequest(buf, 1000, MethodMPut), pairs, Options{}) },
			func(frame []byte) bool {
				m, err := ParseMessage(frame)
				got, _, err2 := DecodeMPut(m.Params, pairRoom[:0])
				return err == nil && err2 == nil && len(got) == batch && len(got[0].Value) == len(value)
			},
			&stockCall[stockMPut]{ID: 1000, Method: MethodMPut, Params: stockMPut{slices.Repeat([]stockPut{{key, value}}, batch)}},
			func() any { return new(stockCall[stockMPut]) }},
		{"Reply",
			func(buf []byte) []byte { return AppendGetResult(AppendResponseOK(buf, 1000), value, true) },
			func(frame []byte) bool {
				m, err := ParseMessage(frame)
				d := Decoder{data: m.Result}
				got, found, err2 := DecodeGetResult(&d)
				return err == nil && err2 == nil && found && len(got) == len(value)
			},
			&stockReply{Kind: 1, ID: 1000, Value: value},
			func() any { return new(stockReply) }},
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, x := range exchanges(make([]byte, 16), make([]byte, 128)) {
		want := x.append(nil)
		b.Run(x.name+"/hand", func(b *testing.B) {
			buf := make([]byte, 0, len(want))
			b.ReportAllocs()
			for b.Loop() {
				buf = x.append(buf[:0])
			}
		})
		b.Run(x.name+"/go-msgpack", func(b *testing.B) {
			buf := make([]byte, 0, len(want))
			e := codec.NewEncoderBytes(&buf, stock())
			b.ReportAllocs()
			for b.Loop() {
				buf = buf[:0]
				e.ResetBytes(&buf)
				if err := e.Encode(x.stock); err != nil {
					b.Fatal(err)
				}
			}
			if !bytes.Equal(buf, want) {
				b.Fatalf("other bytes:\n% x\n% x", buf, want)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, x := range exchanges(make([]byte, 16), make([]byte, 128)) {
		frame := x.append(nil)
		b.Run(x.name+"/hand", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !x.read(frame) {
					b.Fatal("it reads something else")
				}
			}
		})
		b.Run(x.name+"/go-msgpack", func(b *testing.B) {
			into := x.empty()
			d := codec.NewDecoderBytes(frame, stock())
			b.ReportAllocs()
			for b.Loop() {
				d.ResetBytes(frame)
				if err := d.Decode(into); err != nil {
					b.Fatal(err)
				}
			}
			var again []byte
			if err := codec.NewEncoderBytes(&again, stock()).Encode(into); err != nil || !bytes.Equal(again, frame) {
				b.Fatalf("it reads something else: %v\n% x\n% x", err, again, frame)
			}
		})
	}
}
