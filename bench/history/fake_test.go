package history

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"pikv/client"
	"pikv/wire"
)

// bug is what a fake store does wrong.
type bug string

const (
	none         bug = ""
	losesWrites  bug = "acknowledges a write that it does not do"
	stale        bug = "reads what was there before"
	twice        bug = "adds twice"
	blindAbsent  bug = "writes if absent although the key is there"
	blindVersion bug = "writes if version although it is another"
	oldVersion   bug = "gives a version a second time"
	undead       bug = "shows a key that was deleted"
	early        bug = "forgets a key before its time"
	refusedWrite bug = "does a write that it refuses"
	mixesUp      bug = "gives back another's bytes"
)

// item is what a key holds.
type item struct {
	value   []byte
	version uint64
	expires time.Time // zero: never
}

// fake is a store in memory. One in a hundred of its writes is of unknown fate,
// one in a hundred calls fails without effect.
type fake struct {
	bug    bug
	mu     sync.Mutex
	random *rand.Rand
	items  map[string]item
	before map[string]item // what items held before the last write
	last   uint64
}

func newFake(b bug) *fake {
	return &fake{bug: b, random: rand.New(rand.NewPCG(1, 2)), items: make(map[string]item), before: make(map[string]item)}
}

var errDown = &wire.Error{Code: wire.CodeUnavailable, Text: "down"}

// now and then reports true, for the bug that f has.
func (f *fake) has(b bug) bool { return f.bug == b && f.random.IntN(20) == 0 }

func (f *fake) look(key string) (item, bool) {
	it, ok := f.items[key]
	if f.has(stale) || f.has(undead) && !ok {
		if old, was := f.before[key]; was {
			return old, true
		}
	}
	if ok && !it.expires.IsZero() && (!time.Now().Before(it.expires) || f.has(early)) {
		delete(f.items, key)
		return item{}, false
	}
	if ok && f.has(mixesUp) && len(it.value) > 20 {
		it.value = append([]byte(nil), it.value...)
		it.value[len(it.value)-1]++
	}
	return it, ok
}

// write stores, or deletes when value is nil.
func (f *fake) write(key string, value []byte, ttl time.Duration) uint64 {
	if f.has(losesWrites) {
		return f.last + 1
	}
	if old, ok := f.items[key]; ok {
		f.before[key] = old
	}
	if !f.has(oldVersion) {
		f.last++
	}
	if value == nil {
		delete(f.items, key)
		return f.last
	}
	it := item{value: value, version: f.last}
	if ttl > 0 {
		it.expires = time.Now().Add(ttl)
	}
	f.items[key] = it
	return f.last
}

// call does f, or says what went wrong: before it, or after.
func (f *fake) call(write bool, do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch n := f.random.IntN(100); {
	case n == 0:
		if write && f.bug == refusedWrite {
			_ = do()
		}
		return errDown
	case n == 1 && write:
		if f.random.IntN(2) == 0 {
			_ = do()
		}
		return client.ErrUnknownFate
	}
	return do()
}

// untold is a fake whose answers tell no versions.
type untold struct{ *fake }

var _ Unversioned = untold{}

func (u untold) Unversioned() {}

func (f *fake) Get(ctx context.Context, key string) ([]byte, error) {
	value, _, err := f.GetVersion(ctx, key)
	return value, err
}

func (f *fake) GetVersion(_ context.Context, key string) (value []byte, version uint64, err error) {
	err = f.call(false, func() error {
		it, ok := f.look(key)
		if !ok {
			return client.ErrNotFound
		}
		value, version = it.value, it.version
		return nil
	})
	return value, version, err
}

func (f *fake) Put(_ context.Context, key string, value []byte, opts ...client.PutOption) (version uint64, err error) {
	var o wire.Options
	for _, opt := range opts {
		opt(&o)
	}
	err = f.call(true, func() error {
		it, ok := f.look(key)
		switch {
		case o.If == wire.IfAbsent && ok && !f.has(blindAbsent),
			o.If == wire.IfPresent && !ok,
			o.If == wire.IfVersion && (!ok || it.version != o.Version) && !f.has(blindVersion):
			return client.ErrConditionFailed
		}
		version = f.write(key, value, o.TTL)
		return nil
	})
	return version, err
}

func (f *fake) Incr(_ context.Context, key string, delta int64, _ ...client.PutOption) (number int64, err error) {
	err = f.call(true, func() error {
		it, ok := f.look(key)
		if ok {
			if number, err = strconv.ParseInt(string(it.value), 10, 64); err != nil {
				return client.ErrNotInteger
			}
		}
		number += delta
		if f.has(twice) {
			f.write(key, []byte(strconv.FormatInt(number+delta, 10)), 0)
			return nil
		}
		f.write(key, []byte(strconv.FormatInt(number, 10)), 0)
		return nil
	})
	return number, err
}

func (f *fake) GetSet(_ context.Context, key string, value []byte, _ ...client.PutOption) (old []byte, existed bool, err error) {
	err = f.call(true, func() error {
		var it item
		it, existed = f.look(key)
		old = it.value
		f.write(key, value, 0)
		return nil
	})
	return old, existed, err
}

func (f *fake) MGet(ctx context.Context, keys []string) ([]client.GetResult, error) {
	var first error
	results := make([]client.GetResult, len(keys))
	for i, key := range keys {
		value, err := f.Get(ctx, key)
		if err == nil {
			results[i] = client.GetResult{Value: value, Found: true}
		} else if !errors.Is(err, client.ErrNotFound) {
			results[i].Err, first = err, err
		}
	}
	return results, first
}

func (f *fake) MPut(ctx context.Context, pairs []client.Pair, opts ...client.PutOption) ([]client.PutResult, error) {
	var first error
	results := make([]client.PutResult, len(pairs))
	for i, p := range pairs {
		if results[i].Version, results[i].Err = f.Put(ctx, p.Key, p.Value, opts...); results[i].Err != nil {
			first = results[i].Err
		}
	}
	return results, first
}

func (f *fake) MDel(_ context.Context, keys []string, _ ...client.PutOption) ([]client.DelResult, error) {
	var first error
	results := make([]client.DelResult, len(keys))
	for i, key := range keys {
		results[i].Err = f.call(true, func() error {
			if _, results[i].Existed = f.look(key); results[i].Existed {
				f.write(key, nil, 0)
			}
			return nil
		})
		if results[i].Err != nil {
			first = results[i].Err
		}
	}
	return results, first
}
