package master

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"pikv/client"
	"pikv/resp"
	"pikv/wire"
)

// proxyFlight is how many keys of a command are read at a time.
const proxyFlight = 16

// errOneKey refuses what could be done by halves.
var errOneKey = errors.New("the proxy changes one key at a time, and this command must change several at once: ask the worker that has them")

// ReadAll implements resp.Keyspace.
func (p redisProxy) ReadAll(c *resp.Call, keys [][]byte, see func(c *resp.Call, items []resp.Item)) {
	names := cloneKeys(keys)
	p.run(c, func(ctx context.Context, cl *client.Client) error {
		all, err := p.moment(ctx, cl, names)
		if err == nil {
			see(c, itemsOf(all))
		}
		return err
	})
}

// moment reads keys until they are twice the same: then they were so at one moment
// in between.
func (p redisProxy) moment(ctx context.Context, cl *client.Client, keys []string) ([]sight, error) {
	all, err := p.sights(ctx, cl, keys)
	if err != nil || len(keys) == 1 {
		return all, err
	}
	for range mostTries {
		again, err := p.sights(ctx, cl, keys)
		if err != nil {
			return nil, err
		}
		if slices.EqualFunc(all, again, func(a, b sight) bool { return a.version == b.version }) {
			return again, nil
		}
		all = again
	}
	return nil, errContended
}

// sights reads keys side by side.
func (p redisProxy) sights(ctx context.Context, cl *client.Client, keys []string) ([]sight, error) {
	all := make([]sight, len(keys))
	var tasks errgroup.Group
	tasks.SetLimit(proxyFlight)
	for i, key := range keys {
		tasks.Go(func() (err error) {
			all[i], err = p.sight(ctx, cl, key)
			return err
		})
	}
	return all, tasks.Wait()
}

func itemsOf(all []sight) []resp.Item {
	items := make([]resp.Item, len(all))
	for i := range all {
		items[i] = all[i].Item
	}
	return items
}

// UpdateAll implements resp.Keyspace: for what changes one key, or its keys one by
// one. It refuses the rest.
func (p redisProxy) UpdateAll(c *resp.Call, keys [][]byte, f func(c *resp.Call, items []resp.Item, changes []resp.Change)) {
	names := cloneKeys(keys)
	p.run(c, func(ctx context.Context, cl *client.Client) error {
		all, err := p.moment(ctx, cl, names)
		if err != nil {
			return err
		}
		changes := make([]resp.Change, len(names))
		keyByKey := len(names) == 1 || c.Command.Flags&resp.KeyByKey != 0
		decide := func() error {
			c.Rewind()
			clear(changes)
			items := itemsOf(all)
			f(c, items, changes)
			if resolve(items, changes) > 1 && !keyByKey {
				return errOneKey
			}
			return nil
		}
		if err := decide(); err != nil {
			return err
		}
		// A key that another has changed meanwhile is read again, and what becomes
		// of it decided anew: those before it keep what they were when they changed.
		for i, tries := 0, 0; i < len(names); {
			again, err := p.apply(ctx, cl, names[i], all[i], &changes[i])
			if err != nil {
				return partly(i, err)
			}
			if !again {
				i++
				continue
			}
			if tries++; tries > mostTries {
				return partly(i, errContended)
			}
			if keyByKey {
				all[i], err = p.sight(ctx, cl, names[i])
			} else {
				all, err = p.moment(ctx, cl, names) // nothing is changed yet
				i = 0
			}
			if err != nil {
				return partly(i, err)
			}
			if err := decide(); err != nil {
				return err
			}
		}
		return nil
	})
}

// partly says of an error that came after some keys were done that they were.
func partly(done int, err error) error {
	if done == 0 {
		return err
	}
	return &wire.Error{Code: wire.CodeUnknownFate, Text: fmt.Sprintf("the first %d keys are done, then: %v", done, err)}
}

// resolve turns copies into puts, and returns how many keys change.
func resolve(items []resp.Item, changes []resp.Change) (n int) {
	for i := range changes {
		change := &changes[i]
		if change.Kind == resp.Keep || change.Kind == resp.Delete && !items[i].Found {
			continue
		}
		n++
		if change.Kind != resp.Copy {
			continue
		}
		from := items[change.From]
		change.Kind, change.Value = resp.Put, from.Value
		if change.KeepTTL {
			change.KeepTTL, change.TTL = false, from.TTL
		}
	}
	return n
}
