package history

import (
	"fmt"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/require"
)

// at puts operations one after the other, a second apart.
func at(ops ...Op) []Op {
	for i := range ops {
		ops[i].Call = time.Duration(2*i+1) * time.Second
		ops[i].Return = ops[i].Call + time.Second
	}
	return ops
}

func TestHistories(t *testing.T) {
	put := func(v string, version uint64) Op {
		return Op{Kind: Put, Value: v, Result: Result{Version: version}}
	}
	get := func(v string) Op { return Op{Kind: Get, Result: Result{Found: v != "", Read: v}} }
	seen := func(v string, version uint64) Op {
		return Op{Kind: GetVersion, Result: Result{Found: true, Read: v, Version: version}}
	}
	cas := func(expect uint64, v string, r Result) Op {
		return Op{Kind: PutVersion, Expect: expect, Value: v, Result: r}
	}
	incr := func(by, n int64) Op { return Op{Kind: Incr, Delta: by, Result: Result{Number: n}} }
	unknown := Result{Unknown: true}
	refused := Result{Refused: true}
	for name, c := range map[string]struct {
		ops  []Op
		want porcupine.CheckResult
	}{
		"a read of what was written":          {at(get(""), put("a", 1), get("a"), put("b", 2), get("b")), porcupine.Ok},
		"a read of what was overwritten":      {at(put("a", 1), put("b", 2), get("a")), porcupine.Illegal},
		"a version that falls":                {at(put("a", 2), put("b", 1)), porcupine.Illegal},
		"a version of something else":         {at(put("a", 2), seen("a", 3)), porcupine.Illegal},
		"a version that a read tells":         {at(put("a", 2), Op{Kind: GetSet, Value: "b", Result: Result{Found: true, Read: "a"}}, seen("b", 3), cas(3, "c", Result{Version: 4}), get("c")), porcupine.Ok},
		"an unknown write that happened":      {at(Op{Kind: Put, Value: "a", Result: unknown}, get(""), get("a")), porcupine.Ok},
		"an unknown write that did not":       {at(put("a", 1), Op{Kind: Put, Value: "b", Result: unknown}, get("a"), get("a")), porcupine.Ok},
		"an unknown write that vanishes":      {at(put("a", 1), Op{Kind: Put, Value: "b", Result: unknown}, get("b"), get("a")), porcupine.Illegal},
		"a condition that held":               {at(put("a", 1), cas(1, "b", Result{Version: 2}), get("b")), porcupine.Ok},
		"a condition that did not hold":       {at(put("a", 1), put("b", 2), cas(1, "c", Result{Version: 3})), porcupine.Illegal},
		"a condition refused that held":       {at(put("a", 1), cas(1, "b", refused)), porcupine.Illegal},
		"an unknown one that cannot have":     {at(put("a", 1), put("b", 2), cas(1, "c", unknown), get("c")), porcupine.Illegal},
		"absent, and it is":                   {at(Op{Kind: PutAbsent, Value: "a", Result: Result{Version: 1}}, Op{Kind: PutAbsent, Value: "b", Result: refused}, get("a")), porcupine.Ok},
		"present, and it is not":              {at(Op{Kind: PutPresent, Value: "a", Result: refused}, get("")), porcupine.Ok},
		"a sum":                               {at(incr(2, 2), incr(3, 5), get("5")), porcupine.Ok},
		"a sum of one twice":                  {at(incr(2, 2), incr(3, 8)), porcupine.Illegal},
		"a sum of an unknown one":             {at(incr(2, 2), Op{Kind: Incr, Delta: 7, Result: unknown}, incr(1, 10)), porcupine.Ok},
		"no integer":                          {at(put("a", 1), Op{Kind: Incr, Delta: 1, Result: refused}, get("a")), porcupine.Ok},
		"an integer that is called none":      {at(put("1", 1), Op{Kind: Incr, Delta: 1, Result: refused}), porcupine.Illegal},
		"a deletion":                          {at(put("a", 1), Op{Kind: Del, Result: Result{Found: true}}, get("")), porcupine.Ok},
		"a deletion of nothing":               {at(Op{Kind: Del, Result: Result{Found: true}}), porcupine.Illegal},
		"a key that expired":                  {at(Op{Kind: Put, Value: "a", TTL: 2 * time.Second, Result: Result{Version: 1}}, get("")), porcupine.Ok},
		"a key that expired early":            {at(Op{Kind: Put, Value: "a", TTL: 10 * time.Second, Result: Result{Version: 1}}, get("")), porcupine.Illegal},
		"a key that expired and is back":      {at(Op{Kind: Put, Value: "a", TTL: 2 * time.Second, Result: Result{Version: 1}}, get(""), get("a")), porcupine.Illegal},
		"a key that may live a little longer": {at(Op{Kind: Put, Value: "a", TTL: 2 * time.Second, Result: Result{Version: 1}}, get("a"), get("")), porcupine.Ok},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, linearizable(c.ops, time.Minute), describe(c.ops))
		})
	}
}

func describe(ops []Op) []string {
	var texts []string
	for i := range ops {
		texts = append(texts, ops[i].String())
	}
	return texts
}

// A partition that waited for a failover answers all that was held at once; its
// reads until then saw what was there before. Without the order of versions
// there are too many orders to try.
func TestManyWritesUnderWayTogether(t *testing.T) {
	history := func(last string) []Op {
		ops := []Op{{Kind: Put, Value: "1", Call: 1, Return: 2, Result: Result{Version: 1}}}
		for i := range 7 {
			begin, version := time.Duration(10+i), uint64(2*i+2)
			ops = append(ops,
				Op{Kind: Put, Value: fmt.Sprint(1000 * i), Call: begin, Return: 1000, Result: Result{Version: version}},
				Op{Kind: Incr, Delta: 5, Call: begin, Return: 1000, Result: Result{Number: int64(1000*i + 5)}},
				Op{Kind: Del, Call: begin, Return: 1000, Result: Result{Found: true}},
				Op{Kind: PutAbsent, Value: "7", Call: begin, Return: 1000, Result: Result{Version: version + 1}})
		}
		ops = append(ops, Op{Kind: Get, Call: 900, Return: 901, Result: Result{Found: true, Read: "1"}})
		return append(ops, Op{Kind: Get, Call: 2000, Return: 2001, Result: Result{Found: true, Read: last}})
	}
	require.Equal(t, porcupine.Ok, linearizable(history("7"), time.Minute))
}
