package wire

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

var bothOptions = Options{TTL: 1500 * time.Millisecond, Epoch: 1 << 40}

func TestCallsAsGoMsgpack(t *testing.T) {
	k, v := []byte("key"), []byte("value")
	keys := [][]byte{k, []byte("other")}
	for _, c := range []struct {
		name string
		got  []byte
		want []any
	}{
		{"Get", AppendGet(nil, k, Options{}), []any{k}},
		{"Get with epoch", AppendGet(nil, k, Options{Epoch: 5}), []any{k, map[string]any{"epoch": 5}}},
		{"Put", AppendPut(nil, k, v, Options{}), []any{k, v}},
		{"Put of nothing", AppendPut(nil, k, nil, Options{}), []any{k, []byte{}}},
		{"Put with ttl", AppendPut(nil, k, v, Options{TTL: time.Second}), []any{k, v, map[string]any{"ttl": 1000}}},
		{"Del", AppendDel(nil, keys...), []any{k, keys[1]}},
		{"Del of nothing", AppendDel(nil), []any{}},
		{"MGet", AppendMGet(nil, keys, Options{}), []any{[]any{k, keys[1]}}},
		{"MDel", AppendMDel(nil, keys, Options{Epoch: 5}), []any{[]any{k, keys[1]}, map[string]any{"epoch": 5}}},
		{"MPut", AppendMPut(nil, []Pair{{k, v}, {keys[1], nil}}, Options{TTL: time.Second}),
			[]any{[]any{[]any{k, v}, []any{keys[1], []byte{}}}, map[string]any{"ttl": 1000}}},
		{"Incr", AppendIncr(nil, k, -300, Options{}), []any{k, -300}},
		{"Incr with epoch", AppendIncr(nil, k, 1, Options{Epoch: 5}), []any{k, 1, map[string]any{"epoch": 5}}},
		{"GetSet", AppendGetSet(nil, k, v, Options{TTL: time.Second}), []any{k, v, map[string]any{"ttl": 1000}}},
		{"Owner", AppendOwner(nil, k), []any{k}},
		{"Peer", AppendPeerParams(nil, PeerFrame{1, 2, v}), []any{1, 2, v}},
	} {
		sameBytes(t, c.name, c.got, strangerEncode(t, c.want))
	}
	type options struct {
		TTL   int64  `codec:"ttl"`
		Epoch uint64 `codec:"epoch"`
	}
	got := strangerDecode[options](t, bothOptions.append(nil))
	if got.TTL != 1500 || got.Epoch != 1<<40 {
		t.Errorf("go-msgpack reads the options as %+v", got)
	}
}

// decodeAll reads params as those of a method, whichever it is.
func decodeAll(method string, params []byte) ([]any, error) {
	switch method {
	case MethodGet:
		key, o, err := DecodeGet(params)
		return []any{key, o}, err
	case MethodPut:
		key, value, o, err := DecodePut(params)
		return []any{key, value, o}, err
	case MethodDel:
		keys, err := DecodeDel(params, nil)
		return []any{keys}, err
	case MethodMGet:
		keys, o, err := DecodeMGet(params, nil)
		return []any{keys, o}, err
	case MethodMDel:
		keys, o, err := DecodeMDel(params, nil)
		return []any{keys, o}, err
	case MethodMPut:
		pairs, o, err := DecodeMPut(params, nil)
		return []any{pairs, o}, err
	case MethodIncr:
		key, delta, o, err := DecodeIncr(params)
		return []any{key, delta, o}, err
	case MethodGetSet:
		key, value, o, err := DecodeGetSet(params)
		return []any{key, value, o}, err
	case MethodAtMost:
		bytes, err := DecodeAtMost(params)
		return []any{bytes}, err
	case MethodOwner:
		key, err := DecodeOwner(params)
		return []any{key}, err
	default:
		p, err := DecodePeer(params)
		return []any{p}, err
	}
}

func TestCallsOfAStranger(t *testing.T) {
	k, v := []byte("key"), []byte("value")
	options := map[string]any{"ttl": 1500, "epoch": uint64(1 << 40)}
	for _, c := range []struct {
		method string
		params []any
		want   []any
	}{
		{MethodGet, []any{"key"}, []any{k, Options{}}},
		{MethodGet, []any{k, nil}, []any{k, Options{}}},
		{MethodGet, []any{k, map[string]any{}}, []any{k, Options{}}},
		{MethodGet, []any{"", map[string]any{"epoch": 5, "version": true}}, []any{[]byte{}, Options{Epoch: 5, WithVersion: true}}},
		{MethodGet, []any{"", map[string]any{"version": false}}, []any{[]byte{}, Options{}}},
		{MethodPut, []any{"key", "value"}, []any{k, v, Options{}}},
		{MethodPut, []any{"key", v, options}, []any{k, v, bothOptions}},
		{MethodPut, []any{"key", v, map[string]any{"ttl": 0}}, []any{k, v, Options{}}},
		{MethodDel, []any{"key", v}, []any{[][]byte{k, v}}},
		{MethodMGet, []any{[]any{"key", v}, map[string]any{"epoch": 5}}, []any{[][]byte{k, v}, Options{Epoch: 5}}},
		{MethodMDel, []any{[]any{"key"}}, []any{[][]byte{k}, Options{}}},
		{MethodMPut, []any{[]any{[]any{"key", "value"}, []any{v, k}}, options}, []any{[]Pair{{k, v}, {v, k}}, bothOptions}},
		{MethodIncr, []any{"key", 5}, []any{k, int64(5), Options{}}},
		{MethodIncr, []any{"key", int64(math.MinInt64), nil}, []any{k, int64(math.MinInt64), Options{}}},
		{MethodIncr, []any{"key", uint64(math.MaxInt64), map[string]any{"epoch": 5}}, []any{k, int64(math.MaxInt64), Options{Epoch: 5}}},
		{MethodGetSet, []any{"key", "value", options}, []any{k, v, bothOptions}},
		{MethodOwner, []any{"key"}, []any{k}},
		{MethodPeer, []any{uint64(math.MaxUint64), 2, v}, []any{PeerFrame{math.MaxUint64, 2, v}}},
	} {
		got, err := decodeAll(c.method, strangerEncode(t, c.params))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %v: %q, %v", c.method, c.params, got, err)
		}
	}
}

func TestBadParamsAreBadRequests(t *testing.T) {
	for _, c := range []struct {
		method string
		params any
		text   string
	}{
		{MethodGet, []any{}, "want [key, options?]"},
		{MethodGet, "key", "want [key, options?]"},
		{MethodGet, []any{"key", map[string]any{}, 1}, "want [key, options?]"},
		{MethodGet, []any{7}, "want [key, options?]"},
		{MethodGet, []any{nil}, "want [key, options?]"},
		{MethodGet, []any{"key", 7}, "want [key, options?]"},
		{MethodGet, []any{"key", map[string]any{"tll": 5}}, `unknown option "tll"`},
		{MethodGet, []any{"key", map[string]any{strings.Repeat("x", 5000): 5}}, "unknown option"},
		{MethodGet, []any{"key", map[int]any{7: 5}}, "want [key, options?]"},
		{MethodPut, []any{"key"}, "want [key, value, options?]"},
		{MethodPut, []any{"key", 5}, "want [key, value, options?]"},
		{MethodPut, []any{"key", "v", map[string]any{"ttl": -1}}, "out of range"},
		{MethodPut, []any{"key", "v", map[string]any{"ttl": int64(math.MaxInt64)}}, "out of range"},
		{MethodPut, []any{"key", "v", map[string]any{"ttl": uint64(math.MaxUint64)}}, "out of range"},
		{MethodPut, []any{"key", "v", map[string]any{"ttl": "5s"}}, "want [key, value, options?]"},
		{MethodPut, []any{"key", "v", map[string]any{"epoch": -1}}, "out of range"},
		{MethodDel, []any{"key", 5}, "want [key...]"},
		{MethodMGet, []any{"key"}, "MGet: want [[key...], options?]"},
		{MethodMDel, []any{[]any{[]any{}}}, "MDel: want [[key...], options?]"},
		{MethodMPut, []any{[]any{[]any{"key"}}}, "want [[[key, value]...], options?]"},
		{MethodMPut, []any{[]any{[]any{"key", "v", "w"}}}, "want [[[key, value]...], options?]"},
		{MethodIncr, []any{"key"}, "Incr: want [key, delta, options?]"},
		{MethodIncr, []any{"key", "5"}, "Incr: want [key, delta, options?]"},
		{MethodIncr, []any{"key", 1.5}, "Incr: want [key, delta, options?]"},
		{MethodIncr, []any{"key", uint64(math.MaxUint64)}, "out of range"},
		{MethodIncr, []any{"key", 1, map[string]any{}, 2}, "Incr: want [key, delta, options?]"},
		{MethodGetSet, []any{"key"}, "GetSet: want [key, value, options?]"},
		{MethodGetSet, []any{"key", nil}, "GetSet: want [key, value, options?]"},
		{MethodOwner, []any{}, "want [key]"},
		{MethodPeer, []any{-1, 2, "x"}, "want [from, to, batch]"},
	} {
		got, err := decodeAll(c.method, strangerEncode(t, c.params))
		var wireErr *Error
		if !errors.As(err, &wireErr) || wireErr.Code != CodeBadRequest || !strings.Contains(wireErr.Text, c.text) {
			t.Errorf("%s %v: %v, want bad_request that says %q", c.method, c.params, err, c.text)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("%s: an error of %d bytes", c.method, len(err.Error()))
		}
		for _, v := range got {
			if !reflect.ValueOf(v).IsZero() {
				t.Errorf("%s %v: %v came with the error", c.method, c.params, v)
			}
		}
	}
	if _, _, err := DecodeGet(append(AppendGet(nil, []byte("k"), Options{}), 1)); err == nil {
		t.Error("bytes after the parameters were accepted")
	}
}

func TestTTLRoundsUp(t *testing.T) {
	for ttl, want := range map[time.Duration]time.Duration{
		1:                           time.Millisecond,
		time.Millisecond:            time.Millisecond,
		time.Millisecond + 1:        2 * time.Millisecond,
		math.MaxInt64 / 2:           4611686018428 * time.Millisecond,
		90 * 24 * time.Hour:         90 * 24 * time.Hour,
		1999 * time.Microsecond / 2: time.Millisecond,
	} {
		_, _, o, err := DecodePut(AppendPut(nil, []byte("k"), nil, Options{TTL: ttl}))
		if err != nil || o.TTL != want {
			t.Errorf("ttl %d arrives as %d, %v, want %d", ttl, o.TTL, err, want)
		}
	}
	// A negative one is no "none": the receiver refuses it.
	if _, _, _, err := DecodePut(AppendPut(nil, []byte("k"), nil, Options{TTL: -1})); err == nil {
		t.Error("a negative ttl was accepted")
	}
}

func TestDecodeAppendsToInto(t *testing.T) {
	into := make([][]byte, 1, 10)
	keys, err := DecodeDel(AppendDel(nil, []byte("a"), []byte("b")), into)
	if err != nil || len(keys) != 3 || &keys[0] != &into[0] {
		t.Errorf("%q, %v", keys, err)
	}
}

func TestCheckKeyAndValue(t *testing.T) {
	l := Limits{Key: 3, Value: 3}
	for _, c := range []struct {
		err  error
		want error
	}{
		{l.CheckKey(nil), &Error{Code: CodeEmptyKey}},
		{l.CheckKey([]byte("abc")), nil},
		{l.CheckKey([]byte("abcd")), &Error{Code: CodeTooLarge}},
		{l.CheckValue(nil), nil},
		{l.CheckValue([]byte("abc")), nil},
		{l.CheckValue([]byte("abcd")), &Error{Code: CodeTooLarge}},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("got %v, want %v", c.err, c.want)
		}
	}
}
