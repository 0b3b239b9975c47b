package history

import (
	"context"
	"errors"
	"math/rand/v2"

	"pikv/client"
)

// Store is what the load is put on: a *client.Client. Safe for concurrent use.
type Store interface {
	Get(ctx context.Context, key string) ([]byte, error)
	GetVersion(ctx context.Context, key string) ([]byte, uint64, error)
	Put(ctx context.Context, key string, value []byte, opts ...client.PutOption) (uint64, error)
	Incr(ctx context.Context, key string, delta int64, opts ...client.PutOption) (int64, error)
	GetSet(ctx context.Context, key string, value []byte, opts ...client.PutOption) ([]byte, bool, error)
	MGet(ctx context.Context, keys []string) ([]client.GetResult, error)
	MPut(ctx context.Context, pairs []client.Pair, opts ...client.PutOption) ([]client.PutResult, error)
	MDel(ctx context.Context, keys []string, opts ...client.PutOption) ([]client.DelResult, error)
}

var _ Store = (*client.Client)(nil)

// Unversioned is a Store whose answers tell no versions: one that speaks Redis' protocol. The versions
// that it returns mean nothing, and it is asked neither for one nor to write under one.
type Unversioned interface {
	Store
	Unversioned()
}

// caller does one operation after the other.
type caller struct {
	load   *Load
	number int
	store  Store
	random *rand.Rand
}

// A weight is how often a kind is chosen, of the sum of all.
type weight struct {
	kind   Kind
	weight int
}

var weights = map[class][]weight{
	texts:   {{Get, 30}, {GetVersion, 8}, {Put, 24}, {PutAbsent, 8}, {PutPresent, 4}, {PutVersion, 12}, {GetSet, 6}, {Incr, 2}, {Del, 6}},
	numbers: {{Get, 25}, {GetVersion, 4}, {Put, 8}, {PutAbsent, 4}, {PutPresent, 2}, {PutVersion, 6}, {GetSet, 6}, {Incr, 40}, {Del, 5}},
	mortals: {{Get, 50}, {GetVersion, 5}, {Put, 35}, {Del, 10}},
}

// choose picks a kind for a key of the class.
func choose(c class, random *rand.Rand) Kind {
	sum := 0
	for _, w := range weights[c] {
		sum += w.weight
	}
	at := random.IntN(sum)
	for _, w := range weights[c] {
		if at -= w.weight; at < 0 {
			return w.kind
		}
	}
	return Get
}

// single does one operation on one key.
func (c *caller) single(ctx context.Context) {
	h := c.load.book.pick(c.random)
	op := Op{Kind: choose(h.class, c.random), Caller: c.number, Untold: c.untold()}
	switch {
	case op.Kind == GetVersion && op.Untold:
		op.Kind = Get
	case op.Kind == PutVersion && op.Untold:
		op.Kind = Put
	}
	if op.Kind == PutVersion {
		if op.Expect = h.aVersion(c.random); op.Expect == 0 {
			op.Kind = Put
		}
	}
	id, value := c.load.book.newValue(h.class, c.random)
	op.Call = c.load.now()
	var err error
	switch op.Kind {
	case Get:
		var got []byte
		got, err = c.store.Get(ctx, h.key)
		op.Found, op.Read = err == nil, decode(got)
	case GetVersion:
		var got []byte
		got, op.Version, err = c.store.GetVersion(ctx, h.key)
		op.Found, op.Read = err == nil, decode(got)
	case Incr:
		op.Delta = int64(1 + c.random.IntN(9))
		op.Number, err = c.store.Incr(ctx, h.key, op.Delta)
	case GetSet:
		op.Value = id
		var old []byte
		old, op.Found, err = c.store.GetSet(ctx, h.key, value)
		op.Read = decode(old)
	case Del:
		var results []client.DelResult
		if results, err = c.store.MDel(ctx, []string{h.key}); len(results) == 1 {
			op.Found, err = results[0].Existed, results[0].Err
		}
	default:
		op.Value = id
		var opts []client.PutOption
		switch op.Kind {
		case PutAbsent:
			opts = append(opts, client.IfAbsent())
		case PutPresent:
			opts = append(opts, client.IfPresent())
		case PutVersion:
			opts = append(opts, client.IfVersion(op.Expect))
		}
		if h.class == mortals && c.random.IntN(4) > 0 {
			op.TTL = ttl(c.random)
			opts = append(opts, client.TTL(op.TTL))
		}
		op.Version, err = c.store.Put(ctx, h.key, value, opts...)
	}
	if op.Untold {
		op.Version = 0
	}
	c.done(h, op, err)
}

// untold reports whether the answers of the caller's store tell no versions.
func (c *caller) untold() bool {
	_, is := c.store.(Unversioned)
	return is
}

// batch does one operation on several keys.
func (c *caller) batch(ctx context.Context) {
	all := c.load.book.some(c.random, 8)
	keys := make([]string, len(all))
	for i, h := range all {
		keys[i] = h.key
	}
	op := Op{Batch: true, Caller: c.number, Untold: c.untold()}
	kinds := []Kind{Get, Get, Put, Put, Del}
	op.Kind = kinds[c.random.IntN(len(kinds))]
	ops, errs := make([]Op, len(all)), make([]error, len(all))
	switch op.Kind {
	case Get:
		op.Call = c.load.now()
		results, err := c.store.MGet(ctx, keys)
		for i := range all {
			ops[i], errs[i] = op, err
			if i < len(results) {
				ops[i].Found, ops[i].Read, errs[i] = results[i].Found, decode(results[i].Value), results[i].Err
			}
		}
	case Put:
		pairs, ids := make([]client.Pair, len(all)), make([]string, len(all))
		for i, h := range all {
			pairs[i].Key = h.key
			ids[i], pairs[i].Value = c.load.book.newValue(h.class, c.random)
		}
		var opts []client.PutOption
		if all[0].class == mortals {
			op.TTL = ttl(c.random)
			opts = append(opts, client.TTL(op.TTL))
		}
		op.Call = c.load.now()
		results, err := c.store.MPut(ctx, pairs, opts...)
		for i := range all {
			ops[i], errs[i] = op, err
			ops[i].Value = ids[i]
			if i < len(results) {
				ops[i].Version, errs[i] = results[i].Version, results[i].Err
			}
		}
	default:
		op.Call = c.load.now()
		results, err := c.store.MDel(ctx, keys)
		for i := range all {
			ops[i], errs[i] = op, err
			if i < len(results) {
				ops[i].Found, errs[i] = results[i].Existed, results[i].Err
			}
		}
	}
	for i, h := range all {
		if op.Untold {
			ops[i].Version = 0
		}
		c.done(h, ops[i], errs[i])
	}
}

// done records an operation as its error says.
func (c *caller) done(h *history, op Op, err error) {
	op.Return = c.load.now()
	c.load.tally.count(op.Return-op.Call, fate(err), h.key, op.Kind, err)
	switch fate(err) {
	case answered:
	case refused:
		op.Result = Result{Refused: true}
	case unknown:
		op.Result = Result{Unknown: true}
		if !op.Kind.writes() {
			return
		}
	case failed:
		return
	}
	h.record(op)
}

// outcome is what an error means for the history.
type outcome int

const (
	answered outcome = iota
	refused          // with an answer that says something of the key
	unknown
	failed // without any effect
)

func fate(err error) outcome {
	switch {
	case err == nil, errors.Is(err, client.ErrNotFound):
		return answered
	case errors.Is(err, client.ErrConditionFailed), errors.Is(err, client.ErrNotInteger):
		return refused
	case errors.Is(err, client.ErrUnknownFate):
		return unknown
	default:
		return failed
	}
}
