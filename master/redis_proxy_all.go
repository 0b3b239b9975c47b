package master

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"pikv/resp"
	"pikv/wire"
)

// proxyFlight is how many keys of a command are read at a time.
const proxyFlight = 8

// errOneKey refuses what could be done by halves, or on the ground of what is not so any
// more.
var errOneKey = errors.New("the proxy changes one key at a time, and what this command does to one depends on another: ask the worker that has them")

// ReadAll implements resp.Keyspace. A key that is named again is read once.
func (p redisProxy) ReadAll(c *resp.Call, keys [][]byte, see func(c *resp.Call, items []resp.Item)) {
	p.run(c, keys, func(t *proxyTask, names []string) error {
		different := slices.Clone(names)
		slices.Sort(different)
		different = slices.Compact(different)
		all, err := t.moment(different)
		if err != nil {
			return err
		}
		items := make([]resp.Item, len(names))
		for i, name := range names {
			at, _ := slices.BinarySearch(different, name)
			items[i] = all[at].Item
			c.Saw(items[i].Found)
		}
		see(c, items)
		return nil
	})
}

// moment reads keys until they are twice the same: then they were so at one moment
// in between.
func (t *proxyTask) moment(keys []string) ([]sight, error) {
	all, err := t.sights(keys)
	if err != nil || len(keys) == 1 {
		return all, err
	}
	for range mostTries {
		again, err := t.sights(keys)
		if err != nil {
			return nil, err
		}
		t.give(all...)
		if slices.EqualFunc(all, again, func(a, b sight) bool { return a.version == b.version }) {
			return again, nil
		}
		all = again
	}
	return nil, errContended
}

// sights reads keys side by side.
func (t *proxyTask) sights(keys []string) ([]sight, error) {
	all := make([]sight, len(keys))
	var tasks errgroup.Group
	tasks.SetLimit(proxyFlight)
	for i, key := range keys {
		tasks.Go(func() (err error) {
			all[i], err = t.sight(key)
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
	p.run(c, keys, func(t *proxyTask, names []string) error {
		all, err := t.moment(names)
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
			if resolve(items, changes) > 0 && !keyByKey {
				return errOneKey // and the others must stay as they are until it is done
			}
			return nil
		}
		if err := decide(); err != nil {
			return err
		}
		// A key that another has changed meanwhile is read again, and what becomes
		// of it decided anew: those before it keep what they were when they changed.
		for i, tries := 0, 0; i < len(names); {
			again, err := t.apply(names[i], all[i], &changes[i])
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
			t.give(all[i])
			if all[i], err = t.sight(names[i]); err != nil {
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
