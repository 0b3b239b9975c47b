package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-msgpack/v2/codec"
)

// bodies are one filled value of every message with a map body.
func bodies() []any {
	member := MemberStatus{Name: "größe", Role: "worker", Incarnation: math.MaxUint64, Addr: "10.0.0.1:7700",
		State: "active", Capacity: 1 << 40, Used: 5, Keys: 6, Primaries: 7, Replicas: 8}
	return []any{
		&KeysRequest{Partition: 16383, Cursor: math.MaxUint64, Prefix: []byte("user:"), Limit: 1000},
		&KeysReply{Keys: [][]byte{[]byte("a"), {}, []byte("\x00\xff")}, Next: 1 << 63},
		&OwnerReply{Slot: 5, Partition: 6, Epoch: 300, Node: "größe", Addr: "h:1"},
		&ViewRequest{MasterID: 1, Since: 2, WaitMS: 10_000},
		&ViewReply{MasterID: 1, Epoch: 2, MasterAddr: "h:1", Delta: bytes.Repeat([]byte{0xc1}, 70_000)},
		&DrainRequest{Node: "w1"},
		&DrainReply{Left: 70_000},
		&MembersReply{Members: []MemberStatus{member, {}}},
		&StatusReply{Cluster: "pikv", Node: "m", Role: "master", Version: "v1", MasterID: "00ff", MasterAddr: "h:1", Epoch: 9,
			Replicas: 2, Partitions: 1024, Moving: 1, Waiting: 2, Lost: 3, Frozen: 4, Synced: 5, Degraded: 6, OnLoss: "wait",
			SyncedMS: -1, UnsyncedMS: 70_000, MoveDone: 1 << 40, MoveTotal: 1 << 41, MoveRate: 6_250_000,
			Problems: []PartitionProblem{{Partition: 5, State: "waiting", Primary: "w1", InSync: []string{"w1", "w2"}, For: "w2", Why: "größe"}, {}},
			Moves:    []MoveStatus{{Partition: 16383, From: "w1", To: "w2", Done: 1, Total: 2, Rate: 3}},
			Members:  []MemberStatus{member}},
		&ReplicasRequest{Replicas: 3},
		&ReplicasReply{Replicas: 3, Was: 2},
		&ResetRequest{Partitions: []uint16{0, 16383}, AllLost: true},
		&ResetReply{Reset: []uint16{7}},
		&ReportRequest{Name: "w1", Incarnation: 1, MasterID: 2, Epoch: 3, Used: -1, Keys: 5, View: []byte{1},
			Moves:   []MoveReport{{P: 5, Node: math.MaxUint64, Done: 1, Total: 1 << 40}},
			Waiting: []WaitReport{{P: 16383, For: 7, Why: "no lease"}, {}}, Load: someLoad()},
		&ReportReply{MasterID: 1, Epoch: 2, Forswear: true, Suggest: []byte{3}},
		&ChangeRequest{MasterID: 1, Changes: []byte{1, 2, 3}},
		&ChangeReply{Epoch: 5, Texts: []string{"", "stale"}},
	}
}

// fresh makes a new zero value of the type that v points to.
func fresh(v any) any { return reflect.New(reflect.TypeOf(v).Elem()).Interface() }

func TestBodiesTravel(t *testing.T) {
	for _, v := range bodies() {
		for _, v := range []any{v, fresh(v)} {
			params, err := AppendBodyParams([]byte{0xaa}, v)
			if err != nil {
				t.Fatal(err)
			}
			back := fresh(v)
			if err := UnmarshalBodyParams(params[1:], back); err != nil || !reflect.DeepEqual(back, v) {
				t.Errorf("%T: %+v arrives as %+v, %v", v, v, back, err)
			}
		}
	}
	params, err := AppendBodyParams(nil, nil)
	if err != nil || UnmarshalBodyParams(params, nil) != nil {
		t.Errorf("no body: % x, %v", params, err)
	}
}

// A stranger may write strings as bin and byte strings as str, as Python
// programs do, in either age of the format.
func TestBodiesOfAStranger(t *testing.T) {
	legacy := &codec.MsgpackHandle{} // neither bin nor str8: everything is raw
	for _, v := range bodies() {
		var data []byte
		if err := codec.NewEncoderBytes(&data, legacy).Encode(v); err != nil {
			t.Fatal(err)
		}
		back := fresh(v)
		if err := UnmarshalBody(data, back); err != nil || !reflect.DeepEqual(back, v) {
			t.Errorf("%T, old format: %v\n got %+v\nwant %+v", v, err, back, v)
		}
	}
	// {"p": 1023, "cursor": 2**63, "prefix": "user:", "limit": 1000} and the
	// same with bytes for every string, by Python's msgpack.packb.
	want := KeysRequest{Partition: 1023, Cursor: 1 << 63, Prefix: []byte("user:"), Limit: 1000}
	for _, packed := range []string{
		"84a170cd03ffa6637572736f72cf8000000000000000a6707265666978a5757365723aa56c696d6974cd03e8",
		"84c40170cd03ffc406637572736f72cf8000000000000000c406707265666978c405757365723ac4056c696d6974cd03e8",
	} {
		data, err := hex.DecodeString(packed)
		if err != nil {
			t.Fatal(err)
		}
		var got KeysRequest
		if err := UnmarshalBody(data, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	data := strangerEncode(t, map[string]any{
		"node": []byte("größe"), "addr": "h:1", "slot": 5, "later": []any{1, map[string]any{"a": nil}}, "epoch": nil})
	var owner OwnerReply
	if err := UnmarshalBody(data, &owner); err != nil || owner != (OwnerReply{Slot: 5, Node: "größe", Addr: "h:1"}) {
		t.Errorf("%+v, %v", owner, err)
	}
}

func TestUnmarshalBodyZeroesAndCopies(t *testing.T) {
	data, err := MarshalBody(KeysRequest{Prefix: []byte("abc")})
	if err != nil {
		t.Fatal(err)
	}
	got := KeysRequest{Partition: 9, Limit: 7}
	if err := UnmarshalBody(data, &got); err != nil || got.Partition != 0 || got.Limit != 0 {
		t.Fatalf("old values stay: %+v, %v", got, err)
	}
	clear(data)
	if string(got.Prefix) != "abc" {
		t.Error("the result aliases the input")
	}
	old := DrainRequest{Node: "old"}
	if err := UnmarshalBody([]byte{codeNil}, &old); err == nil || old.Node != "" {
		t.Errorf("after an error: %+v, %v", old, err)
	}
}

func TestBadBodies(t *testing.T) {
	deep := AppendStr(AppendMapHeader(nil, 1), "later")
	for range bodyDepth {
		deep = AppendArrayHeader(deep, 1)
	}
	many := AppendArrayHeader(AppendStr(AppendMapHeader(nil, 1), "members"), bodyElements)
	for range bodyElements {
		many = AppendNil(many)
	}
	for _, c := range []struct {
		name string
		data []byte
		into any
		want error
	}{
		{"nothing", nil, &DrainRequest{}, ErrTruncated},
		{"nil", []byte{codeNil}, &DrainRequest{}, ErrType},
		{"array", []byte{codeFixArray}, &DrainRequest{}, ErrType},
		{"cut", []byte{codeFixMap | 1, codeFixStr | 4, 'n'}, &DrainRequest{}, ErrTruncated},
		{"more", []byte{codeFixMap, 0}, &DrainRequest{}, ErrMalformed},
		{"malformed", []byte{codeFixMap | 1, codeFixStr, codeNever}, &DrainRequest{}, ErrMalformed},
		{"deep", AppendNil(deep), &DrainRequest{}, ErrTooDeep},
		{"many", many, &MembersReply{}, ErrTooMany},
		{"large", make([]byte, MaxBody+1), &DrainRequest{}, ErrFrameTooLarge},
		{"type", AppendUint(AppendStr(AppendMapHeader(nil, 1), "node"), 5), &DrainRequest{}, nil},
		{"overflow", AppendUint(AppendStr(AppendMapHeader(nil, 1), "p"), 1<<16), &KeysRequest{}, nil},
		{"no pointer", []byte{codeFixMap}, DrainRequest{}, nil},
		{"nil pointer", []byte{codeFixMap}, (*DrainRequest)(nil), nil},
	} {
		err := UnmarshalBody(c.data, c.into)
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	for _, params := range [][]byte{nil, {codeFixArray}, {codeFixArray | 1, 5}, {codeFixArray | 2, codeFixMap, codeFixMap}, {codeFixMap},
		{codeFixArray | 1, codeFixMap | 1, codeFixStr, codeNever}} {
		err := UnmarshalBodyParams(params, &DrainRequest{})
		if !errors.Is(err, &Error{Code: CodeBadRequest}) {
			t.Errorf("params % x: %v, want bad_request", params, err)
		}
	}
	if err := UnmarshalBodyParams([]byte{codeFixArray | 1, codeFixMap}, nil); !errors.Is(err, &Error{Code: CodeBadRequest}) {
		t.Errorf("a body where none is wanted: %v", err)
	}
}

func TestMarshalBodyErrors(t *testing.T) {
	for _, v := range []any{func() {}, make(chan int), 5, (*DrainRequest)(nil), &DrainRequest{Node: strings.Repeat("x", MaxBody)}} {
		buf := []byte{1, 2}
		if got, err := AppendBody(buf, v); err == nil || len(got) != 2 {
			t.Errorf("%T: %d bytes, %v", v, len(got), err)
		}
		if got, err := AppendBodyParams(buf, v); err == nil || len(got) != 2 {
			t.Errorf("%T: %d bytes, %v", v, len(got), err)
		}
	}
	err := codecErr(func() error { panic("boom") })
	if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), "boom") {
		t.Errorf("a panic becomes %v", err)
	}
}

func TestBodiesInParallel(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, v := range bodies() {
				data, err := AppendBody(nil, v)
				if err != nil {
					t.Error(err)
				}
				if err := UnmarshalBody(data, fresh(v)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
