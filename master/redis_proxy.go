package master

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"pikv/client"
	"pikv/resp"
	"pikv/wire"
)

// redisProxy is the cluster's data for clients of Redis that know no cluster: each
// command is one or more calls of this process's own client, on a goroutine of its
// own. A connection has one command under way (resp.Config.Remote), so there are as
// many as connections at most, and their order is that of the connection.
//
// What changes a key by what it is (INCR, APPEND, EXPIRE ...) reads it, decides, and
// writes under the condition that the key still has the version that was read, else
// it begins anew: no other change comes between.
type redisProxy struct {
	client *atomic.Pointer[client.Client]
	clock  func() int64 // the door's
	budget *wire.Budget // of what is read for commands that are under way
	// flushes has room for those that are under way: each holds pages of keys.
	flushes chan struct{}
}

var _ resp.Keyspace = redisProxy{}

// proxyTask is one command of the proxy under way.
type proxyTask struct {
	redisProxy
	ctx context.Context
	to  *client.Client
	mu  struct {
		sync.Mutex
		kept int // bytes of what was read
	}
}

// run answers a call that is about some keys by f, later, which gets copies of them: an
// error that it returns is the answer. There may be very many small ones: what they take
// on their way is counted from the beginning, and what is read as it comes.
func (p redisProxy) run(c *resp.Call, keys [][]byte, f func(t *proxyTask, keys []string) error) {
	cl := p.client.Load()
	if cl == nil {
		c.Fail(redisError(errStarting))
		return
	}
	size := 0
	for _, key := range keys {
		size += len(key)
	}
	room := roomOf(p.budget, len(keys), size)
	if !c.Take(room) {
		c.Fail(resp.ErrManyBytes)
		return
	}
	names := texts(keys)
	c.Later(func(ctx context.Context, c *resp.Call) {
		t := &proxyTask{redisProxy: p, ctx: ctx, to: cl}
		defer func() {
			c.Give(room)
			t.keep(-t.mu.kept)
		}()
		if err := f(t, names); err != nil {
			c.Fail(redisError(err))
		}
	})
}

// keep counts n more bytes of what was read, or fewer, and reports whether there is
// room for them.
func (t *proxyTask) keep(n int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	more := roomToKeep(t.mu.kept+n) - roomToKeep(t.mu.kept)
	if more < 0 {
		t.budget.Release(-more)
	} else if !t.budget.Acquire(more) {
		return false
	}
	t.mu.kept += n
	return true
}

// roomToKeep is what n bytes take of the budget. Few take none, whatever others leave
// unread: there is a command for each connection at most.
func roomToKeep(n int) int64 {
	if n <= freeRelay {
		return 0
	}
	return int64(n)
}

// give gives back what is not needed any more of what was read.
func (t *proxyTask) give(all ...sight) {
	for i := range all {
		t.keep(-len(all[i].Value))
	}
}

// errManyBytes gives up a command that reads more than there is room for.
var errManyBytes = wire.Errorf(wire.CodeBusy, "too many bytes in flight")

// Get implements resp.Keyspace. How large a value is is known when it has come. Those
// without room yet are few: a worker's come one after the other.
func (p redisProxy) Get(c *resp.Call, key []byte) {
	p.run(c, [][]byte{key}, func(t *proxyTask, keys []string) error {
		value, err := t.to.Get(t.ctx, keys[0])
		switch {
		case errors.Is(err, client.ErrNotFound):
			c.Saw(false)
			c.Null()
		case err != nil:
			return err
		case !c.Reserve(len(value)):
			c.Fail(resp.ErrManyBytes)
		default:
			c.Saw(true)
			c.Bulk(value)
		}
		return nil
	})
}

// Read implements resp.Keyspace.
func (p redisProxy) Read(c *resp.Call, key []byte, see func(c *resp.Call, it *resp.Item)) {
	p.run(c, [][]byte{key}, func(t *proxyTask, keys []string) error {
		s, err := t.sight(keys[0])
		if err == nil {
			c.Saw(s.Found)
			see(c, &s.Item)
		}
		return err
	})
}

// Put implements resp.Keyspace.
func (p redisProxy) Put(c *resp.Call, key []byte, i int, ttl time.Duration) {
	p.run(c, [][]byte{key}, func(t *proxyTask, keys []string) error {
		_, err := t.to.Put(t.ctx, keys[0], c.Args[i], client.TTL(ttl))
		if err == nil {
			c.OK()
		}
		return err
	})
}

// Update implements resp.Keyspace.
func (p redisProxy) Update(c *resp.Call, key []byte, f func(c *resp.Call, it *resp.Item) resp.Change) {
	p.run(c, [][]byte{key}, func(t *proxyTask, keys []string) error {
		for range mostTries {
			s, err := t.sight(keys[0])
			if err != nil {
				return err
			}
			c.Rewind()
			change := f(c, &s.Item)
			if again, err := t.apply(keys[0], s, &change); !again {
				return err
			}
			t.give(s)
		}
		return errContended
	})
}

// mostTries bounds how often a command begins anew because others change its keys.
const mostTries = 100

// errContended gives up a command that others were always before.
var errContended = errors.New("others change the key again and again")

// sight is a key as it was read.
type sight struct {
	resp.Item
	version uint64
	asked   time.Time // before it was read: what is left of its time is less now
}

// sight reads a key.
func (t *proxyTask) sight(key string) (sight, error) {
	s := sight{asked: time.Now()}
	e, err := t.to.GetEntry(t.ctx, key)
	s.Now = t.clock()
	switch {
	case errors.Is(err, client.ErrNotFound):
		return s, nil
	case err != nil:
		return s, err
	}
	if !t.keep(len(e.Value)) {
		return s, errManyBytes
	}
	s.Found, s.Value, s.TTL, s.version = true, e.Value, e.TTL, e.Version
	return s, nil
}

// apply makes a change of a key that is as it was read. again: it is not, and
// nothing was changed.
func (t *proxyTask) apply(key string, s sight, change *resp.Change) (again bool, err error) {
	value, ttl := change.Value, change.TTL
	switch change.Kind {
	case resp.Keep:
		return false, nil
	case resp.Delete:
		ttl = -1
	case resp.Touch:
		value = s.Value
	}
	if change.KeepTTL && s.TTL > 0 {
		if ttl = s.TTL - time.Since(s.asked); ttl <= 0 {
			return true, nil // its time is over by now
		}
	}
	if ttl < 0 {
		if !s.Found {
			return false, nil
		}
		_, err = t.to.MDel(t.ctx, []string{key}, client.IfVersion(s.version))
	} else {
		_, err = t.to.Put(t.ctx, key, value, client.IfVersion(s.version), client.TTL(ttl))
	}
	if errors.Is(err, client.ErrConditionFailed) {
		return true, nil
	}
	return false, err
}
