package master

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"pikv/client"
	"pikv/resp"
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
}

var _ resp.Keyspace = redisProxy{}

// run answers a call by f, later: an error that it returns is the answer.
func (p redisProxy) run(c *resp.Call, f func(ctx context.Context, cl *client.Client) error) {
	cl := p.client.Load()
	if cl == nil {
		c.Fail(redisError(errStarting))
		return
	}
	c.Later(func(ctx context.Context, c *resp.Call) {
		if err := f(ctx, cl); err != nil {
			c.Fail(redisError(err))
		}
	})
}

// Get implements resp.Keyspace.
func (p redisProxy) Get(c *resp.Call, key []byte) {
	k := string(key)
	p.run(c, func(ctx context.Context, cl *client.Client) error {
		value, err := cl.Get(ctx, k)
		switch {
		case errors.Is(err, client.ErrNotFound):
			c.Null()
		case err != nil:
			return err
		case !c.Reserve(len(value)):
			c.Fail(resp.ErrManyBytes)
		default:
			c.Bulk(value)
		}
		return nil
	})
}

// Read implements resp.Keyspace.
func (p redisProxy) Read(c *resp.Call, key []byte, see func(c *resp.Call, it *resp.Item)) {
	k := string(key)
	p.run(c, func(ctx context.Context, cl *client.Client) error {
		s, err := p.sight(ctx, cl, k)
		if err == nil {
			see(c, &s.Item)
		}
		return err
	})
}

// Put implements resp.Keyspace.
func (p redisProxy) Put(c *resp.Call, key []byte, i int, ttl time.Duration) {
	k := string(key)
	p.run(c, func(ctx context.Context, cl *client.Client) error {
		_, err := cl.Put(ctx, k, c.Args[i], client.TTL(ttl))
		if err == nil {
			c.OK()
		}
		return err
	})
}

// Update implements resp.Keyspace.
func (p redisProxy) Update(c *resp.Call, key []byte, f func(c *resp.Call, it *resp.Item) resp.Change) {
	k := string(key)
	p.run(c, func(ctx context.Context, cl *client.Client) error {
		for range mostTries {
			s, err := p.sight(ctx, cl, k)
			if err != nil {
				return err
			}
			c.Rewind()
			change := f(c, &s.Item)
			if again, err := p.apply(ctx, cl, k, s, &change); !again {
				return err
			}
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
func (p redisProxy) sight(ctx context.Context, cl *client.Client, key string) (sight, error) {
	s := sight{asked: time.Now()}
	e, err := cl.GetEntry(ctx, key)
	if errors.Is(err, client.ErrNotFound) {
		return s, nil
	}
	s.Item, s.version = resp.Item{Found: err == nil, Value: e.Value, TTL: e.TTL}, e.Version
	return s, err
}

// apply makes a change of a key that is as it was read. again: it is not, and
// nothing was changed.
func (p redisProxy) apply(ctx context.Context, cl *client.Client, key string, s sight, change *resp.Change) (again bool, err error) {
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
		_, err = cl.MDel(ctx, []string{key}, client.IfVersion(s.version))
	} else {
		_, err = cl.Put(ctx, key, value, client.IfVersion(s.version), client.TTL(ttl))
	}
	if errors.Is(err, client.ErrConditionFailed) {
		return true, nil
	}
	return false, err
}

// cloneKeys copies keys out of a call.
func cloneKeys(keys [][]byte) []string {
	all := make([]string, len(keys))
	for i, key := range keys {
		all[i] = string(key)
	}
	return all
}
