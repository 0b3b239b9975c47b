package wire

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
)

// named is a write's options with all that a client can say.
var named = Options{TTL: time.Second, Epoch: 5, If: IfVersion, Version: 1 << 50, Client: 1 << 63, Seq: 300, Finished: 299, Attempt: 2}

// TestOptionsTravel encodes options, has go-msgpack read them and write them
// anew, and reads that.
func TestOptionsTravel(t *testing.T) {
	inBatch := named
	inBatch.Seq, inBatch.Seqs = 0, []uint64{300, 1 << 40}
	for _, c := range []struct {
		method string
		o      Options
		want   map[string]any
	}{
		{MethodPut, Options{If: IfAbsent}, map[string]any{"if": "absent"}},
		{MethodPut, Options{If: IfPresent}, map[string]any{"if": "present"}},
		{MethodPut, Options{If: IfVersion}, map[string]any{"if": uint64(0)}},
		{MethodPut, Options{If: IfVersion, Version: 70000}, map[string]any{"if": uint64(70000)}},
		{MethodPut, Options{Client: 7, Seq: 1, Attempt: 1}, map[string]any{"client": uint64(7), "seq": uint64(1)}},
		{MethodGetSet, named, map[string]any{"ttl": uint64(1000), "epoch": uint64(5), "if": uint64(1 << 50),
			"client": uint64(1 << 63), "seq": uint64(300), "finished": uint64(299), "attempt": uint64(2)}},
		{MethodMPut, inBatch, map[string]any{"ttl": uint64(1000), "epoch": uint64(5), "if": uint64(1 << 50),
			"client": uint64(1 << 63), "seq": []any{uint64(300), uint64(1 << 40)}, "finished": uint64(299), "attempt": uint64(2)}},
		{MethodMDel, Options{Client: 7, Seqs: []uint64{1, 2}}, map[string]any{"client": uint64(7), "seq": []any{uint64(1), uint64(2)}}},
		{MethodIncr, Options{Client: 7, Seq: 9, Finished: 8, Attempt: 3},
			map[string]any{"client": uint64(7), "seq": uint64(9), "finished": uint64(8), "attempt": uint64(3)}},
		{MethodGet, Options{WithVersion: true}, map[string]any{"version": true}},
		{MethodGet, Options{WithLeft: true}, map[string]any{"left": true}},
	} {
		params := strangerDecode[[]any](t, appendWith(c.method, c.o))
		last := make(map[string]any)
		for k, v := range params[len(params)-1].(map[any]any) {
			last[k.(string)] = v
		}
		if fmt.Sprint(last) != fmt.Sprint(c.want) { // whatever the types of the numbers
			t.Errorf("%s: go-msgpack reads %+v as %v", c.method, c.o, last)
		}
		params[len(params)-1] = c.want
		back, err := decodeAll(c.method, strangerEncode(t, params))
		if err != nil || !reflect.DeepEqual(canonical(back)[len(back)-1], canonical([]any{c.o})[0]) {
			t.Errorf("%s: %+v comes back as %+v, %v", c.method, c.o, back, err)
		}
	}
}

// appendWith appends parameters with the options, for two items if the method
// takes many.
func appendWith(method string, o Options) []byte {
	k, v := []byte("k"), []byte("v")
	switch method {
	case MethodGet:
		return AppendGet(nil, k, o)
	case MethodMGet:
		return AppendMGet(nil, [][]byte{k, v}, o)
	case MethodMDel:
		return AppendMDel(nil, [][]byte{k, v}, o)
	case MethodMPut:
		return AppendMPut(nil, []Pair{{k, v}, {v, k}}, o)
	case MethodIncr:
		return AppendIncr(nil, k, 1, o)
	default:
		return AppendPut(nil, k, v, o)
	}
}

// canonical makes equal what means the same: an attempt of 0 is the first.
func canonical(values []any) []any {
	for i, v := range values {
		if o, ok := v.(Options); ok {
			o.Attempt = max(o.Attempt, 1)
			values[i] = o
		}
	}
	return values
}

// An option that a method would ignore is refused: whoever sends it expects it
// to mean something.
func TestMethodsTakeTheirOwnOptions(t *testing.T) {
	all := []string{"epoch", "ttl", "if", "version", "left", "name"}
	for method, takes := range map[string]string{
		MethodGet:    "epoch version left",
		MethodMGet:   "epoch",
		MethodPut:    "epoch ttl if name",
		MethodGetSet: "epoch ttl if name",
		MethodMPut:   "epoch ttl if name",
		MethodMDel:   "epoch if name",
		MethodIncr:   "epoch name",
	} {
		for _, option := range all {
			o := map[string]Options{
				"epoch": {Epoch: 5}, "ttl": {TTL: time.Second}, "if": {If: IfPresent}, "version": {WithVersion: true}, "left": {WithLeft: true},
				"name": {Client: 7, Seq: 1, Finished: 1, Attempt: 2},
			}[option]
			if option == "name" && strings.HasPrefix(method, "M") {
				o.Seq, o.Seqs = 0, []uint64{1, 2}
			}
			_, err := decodeAll(method, appendWith(method, o))
			want := strings.Contains(" "+takes+" ", " "+option+" ")
			if got := err == nil; got != want {
				t.Errorf("%s with %s: %v", method, option, err)
			}
			if err != nil && !strings.Contains(err.Error(), "unknown option") {
				t.Errorf("%s with %s: %v", method, option, err)
			}
		}
	}
}

func TestBadOptions(t *testing.T) {
	one, many := []any{"k", "v"}, []any{[]any{[]any{"k", "v"}, []any{"l", "w"}}}
	for _, c := range []struct {
		method  string
		params  []any
		options map[string]any
		text    string
	}{
		{MethodPut, one, map[string]any{"if": "maybe"}, `if: want absent, present or a version, not "maybe"`},
		{MethodPut, one, map[string]any{"if": strings.Repeat("x", 5000)}, "if: want absent"},
		{MethodPut, one, map[string]any{"if": -1}, "out of range"},
		{MethodPut, one, map[string]any{"if": true}, "want [key, value, options?]"},
		{MethodPut, one, map[string]any{"if": nil}, "want [key, value, options?]"},
		{MethodPut, one, map[string]any{"client": "me", "seq": 1}, "want [key, value, options?]"},
		{MethodPut, one, map[string]any{"client": -7, "seq": 1}, "out of range"},
		{MethodPut, one, map[string]any{"client": 7}, "both client and seq"},
		{MethodPut, one, map[string]any{"seq": 1}, "both client and seq"},
		{MethodPut, one, map[string]any{"client": 7, "seq": 0}, "both client and seq"},
		{MethodPut, one, map[string]any{"client": 0, "seq": 1}, "both client and seq"},
		{MethodPut, one, map[string]any{"client": 7, "seq": []any{1}}, "seq: want one number"},
		{MethodPut, one, map[string]any{"client": 7, "seq": "1"}, "want [key, value, options?]"},
		{MethodPut, one, map[string]any{"client": 7, "seq": 1, "finished": -1}, "out of range"},
		{MethodPut, one, map[string]any{"client": 7, "seq": 1, "attempt": "2"}, "want [key, value, options?]"},
		{MethodMPut, many, map[string]any{"client": 7, "seq": 1}, "seq: want an array of 2 numbers"},
		{MethodMPut, many, map[string]any{"client": 7, "seq": []any{1}}, "seq: 1 numbers for 2 items"},
		{MethodMPut, many, map[string]any{"client": 7, "seq": []any{1, 2, 3}}, "seq: 3 numbers for 2 items"},
		{MethodMPut, many, map[string]any{"client": 7, "seq": []any{1, 0}}, "numbers begin at 1"},
		{MethodMPut, many, map[string]any{"client": 7, "seq": []any{1, -2}}, "out of range"},
		{MethodMPut, many, map[string]any{"client": 7, "seq": []any{1, "2"}}, "want [[[key, value]...], options?]"},
		{MethodMPut, many, map[string]any{"client": 7}, "both client and seq"},
		{MethodMPut, many, map[string]any{"seq": []any{1, 2}}, "both client and seq"},
		{MethodMDel, []any{[]any{}}, map[string]any{"client": 7, "seq": []any{}}, "both client and seq"},
		{MethodGet, []any{"k"}, map[string]any{"version": 1}, "want [key, options?]"},
	} {
		_, err := decodeAll(c.method, strangerEncode(t, append(append([]any{}, c.params...), c.options)))
		var wireErr *Error
		if !errors.As(err, &wireErr) || wireErr.Code != CodeBadRequest || !strings.Contains(wireErr.Text, c.text) {
			t.Errorf("%s %v: %v, want bad_request that says %q", c.method, c.options, err, c.text)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
}

// Numbers are made room for only when there are as many as items.
func TestSeqsAreBoundedByTheItems(t *testing.T) {
	const claimed = 1 << 20
	params := AppendArrayHeader(nil, 2)
	params = AppendDel(params, []byte("k"), []byte("l"))
	params = AppendMapHeader(params, 2)
	params = AppendUint(AppendStr(params, "client"), 7)
	params = AppendArrayHeader(AppendStr(params, "seq"), claimed)
	for range claimed {
		params = append(params, 1)
	}
	into := make([][]byte, 0, 2)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := DecodeMDel(params, into)
	runtime.ReadMemStats(&after)
	if bytes := after.TotalAlloc - before.TotalAlloc; err == nil || bytes > claimed {
		t.Errorf("refusing %d numbers allocates %d bytes, %v", claimed, bytes, err)
	}
}

// An option that comes twice counts once, and leaves nothing behind.
func TestTheLastOfTwoOptionsCounts(t *testing.T) {
	params := AppendMapHeader(AppendBin(AppendBin(AppendArrayHeader(nil, 3), []byte("k")), nil), 2)
	params = AppendUint(AppendStr(params, "if"), 5)
	params = AppendStr(AppendStr(params, "if"), "absent")
	if _, _, o, err := DecodePut(params); err != nil || !reflect.DeepEqual(o, Options{If: IfAbsent}) {
		t.Errorf("%+v, %v", o, err)
	}
}
